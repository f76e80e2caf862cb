-- Which activity follows which, for how many objects of each type, and how often?
SELECT s.type, f.label AS origin, t.label AS activity, s.origin, s.activity, s.objects, s.total
FROM (
	SELECT type, origin, activity, count(DISTINCT object) AS objects, count(*) AS total
	FROM step
	WHERE before > 0
	GROUP BY type, origin, activity
) AS s
JOIN labels_activity AS f ON f.code = s.origin
JOIN labels_activity AS t ON t.code = s.activity
ORDER BY s.type, s.total DESC, f.label, t.label
