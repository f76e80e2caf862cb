-- How many objects of each type does an object-centric log describe?
SELECT t.name, count(o.object) AS objects
FROM main.object_type AS t LEFT JOIN main.object AS o ON o.type = t.type AND o.source = t.source AND o.defined
WHERE t.source = $1 AND t.name <> ''
GROUP BY t.name
ORDER BY t.name
