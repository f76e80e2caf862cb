-- Which objects were known by an id only, and have a type now?
CREATE TEMP TABLE o_adopted AS
SELECT o.object, t.type
FROM main.object AS o
JOIN (SELECT id, first(type ORDER BY defined DESC, ord, type) AS type FROM o_typed WHERE type <> {prefix} GROUP BY id) AS t USING (id)
WHERE o.source = {source} AND o.type = {prefix} AND NOT o.defined
