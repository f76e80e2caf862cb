-- How often does each activity touch objects, whatever their type?
SELECT 0 AS type, l.label, count(DISTINCT s.event) AS events, count(DISTINCT s.object) AS objects, count(*) AS total
FROM step AS s JOIN labels_activity AS l ON l.code = s.activity
GROUP BY l.label
ORDER BY l.label
