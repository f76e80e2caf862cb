-- Which objects are there, in order?
CREATE TEMP TABLE x_object AS
SELECT o.object, o.type AS stored, t.name AS type, o.id, o.defined
FROM main.object AS o JOIN x_type AS t ON t.type = o.type
WHERE {condition}
ORDER BY o.object
