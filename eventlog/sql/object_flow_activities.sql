-- How often does each activity touch objects of each type, by events, objects and pairs of both?
SELECT s.type, l.label, count(DISTINCT s.event) AS events, count(DISTINCT s.object) AS objects, count(*) AS total
FROM step AS s JOIN labels_activity AS l ON l.code = s.activity
GROUP BY s.type, l.label
ORDER BY s.type, l.label
