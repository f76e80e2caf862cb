-- Which objects have this id, and where were they read?
SELECT o.object, o.type, o.defined, o.source, coalesce(l.origin, '') AS origin,
       coalesce(o.source_table, '') AS source_table, coalesce(o.source_key, '') AS source_key
FROM main.object AS o LEFT JOIN main.load AS l USING (load)
WHERE o.id = $1
ORDER BY o.type
