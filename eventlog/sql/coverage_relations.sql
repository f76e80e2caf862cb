-- How often does each kind of relation occur in a source?
SELECT s.type || ' ' || r.qualifier || ' ' || t.type AS relation, count(*) AS n
FROM main.object_object AS r
JOIN main.object AS s ON s.object = r.source_object
JOIN main.object AS t ON t.object = r.target_object
WHERE r.source = $1
GROUP BY relation
ORDER BY relation
