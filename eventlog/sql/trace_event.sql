-- What happened to it, in order, and where was that read?
SELECT e.event, e.activity, e.time, e.start, e.precision = 'day' AS day,
       coalesce(e.resource, '') AS resource, coalesce(e.actor_kind, '') AS actor_kind, coalesce(e.lifecycle, '') AS lifecycle,
       o.qualifier, e.source, coalesce(l.origin, '') AS origin,
       coalesce(e.source_table, '') AS source_table, coalesce(e.source_key, '') AS source_key
FROM traced AS o
JOIN main.event AS e USING (event)
LEFT JOIN main.load AS l USING (load)
ORDER BY coalesce(e.start, e.time) NULLS LAST, e.rank, e.source, e.sequence, e.id
