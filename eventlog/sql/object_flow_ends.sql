-- With which activities do the objects of each type end?
SELECT s.type, l.label, count(DISTINCT s.event) AS events, count(*) AS objects, count(*) AS total
FROM step AS s JOIN labels_activity AS l ON l.code = s.activity
WHERE s.last
GROUP BY s.type, l.label
ORDER BY s.type, objects DESC, l.label
