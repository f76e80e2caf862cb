-- Which objects are they related to?
CREATE TEMP TABLE x_object_object AS
SELECT x.row, x.type AS source_type, x.id AS source, t.name AS target_type, o.id AS target, r.qualifier
FROM (SELECT rowid AS row, object, type, id FROM x_object) AS x
JOIN (SELECT rowid AS n, * FROM main.object_object) AS r ON r.source_object = x.object
JOIN main.object AS o ON o.object = r.target_object
JOIN x_type AS t ON t.type = o.type
WHERE {source}
ORDER BY x.row, r.n
