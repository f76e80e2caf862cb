-- Which objects are new? Those described come first, in their order.
INSERT INTO main.object (object, type, id, defined, source, source_table, load)
SELECT (SELECT coalesce(max(object), 0) FROM main.object) + row_number() OVER (ORDER BY t.defined DESC, t.ord, t.type, t.id) AS object,
       t.type, t.id, t.defined, {source}, CASE WHEN t.defined THEN nullif($1, '') END, {load}
FROM o_typed AS t ANTI JOIN (SELECT type, id FROM main.object WHERE source = {source}) AS o ON o.type = t.type AND o.id = t.id
ORDER BY object
