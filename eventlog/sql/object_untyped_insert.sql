-- Which ids does no object have?
INSERT INTO main.object (object, type, id, defined, source, load)
SELECT (SELECT coalesce(max(object), 0) FROM main.object) + row_number() OVER (ORDER BY u.id) AS object,
       {prefix}, u.id, false, {source}, {load}
FROM o_untyped AS u ANTI JOIN (SELECT id FROM main.object WHERE source = {source}) AS o ON o.id = u.id
WHERE $1 IS NOT NULL
ORDER BY object
