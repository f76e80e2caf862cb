-- Which object is meant by a type and an id, and by an id alone?
CREATE TEMP TABLE o_number AS
SELECT o.type, o.id, o.object
FROM main.object AS o JOIN o_typed AS t ON t.type = o.type AND t.id = o.id
UNION ALL
SELECT '' AS type, id, first(object ORDER BY defined DESC, object) AS object
FROM main.object SEMI JOIN o_untyped USING (id)
WHERE source = {source}
GROUP BY id
