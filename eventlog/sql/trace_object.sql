-- Which objects are meant, and where were they read?
SELECT o.object, o.type, o.id, o.defined, o.source, coalesce(l.origin, '') AS origin,
       coalesce(o.source_table, '') AS source_table, coalesce(o.source_key, '') AS source_key
FROM main.object AS o LEFT JOIN main.load AS l USING (load)
WHERE {condition}
ORDER BY o.type, o.id
