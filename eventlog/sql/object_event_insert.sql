-- What happened, when, and where does it stand in the source?
INSERT INTO main.event (event, id, activity, time, precision, rank, resource, source, sequence, source_table, source_key, load)
SELECT o.event, o.id, s.activity, s.time, 'exact', 0, {resource}, {source}, o.event + ({offset}), nullif($1, ''), s.id, {load}
FROM {events} AS s JOIN o_event AS o USING (ord)
WHERE o.known IS NULL
ORDER BY o.event
