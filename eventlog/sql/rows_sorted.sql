-- Which events does each case have, ready to be put in order?
CREATE TEMP TABLE log_row AS
SELECT c.case_object, e.event, a.code AS activity,
       coalesce(epoch_us(e.time), -9223372036854775808) AS time_us,
       coalesce(epoch_us(e.start), -9223372036854775808) AS start_us,
       e.precision = 'day' AS day, e.rank,
       coalesce(r.code, 4294967295) AS resource, coalesce(l.code, 4294967295) AS lifecycle,
       coalesce(e.instance, '') AS instance, e.sequence
FROM case_event AS c
JOIN main.event AS e ON e.event = c.event
JOIN labels_activity AS a ON a.label = e.activity
LEFT JOIN labels_resource AS r ON r.label = e.resource
LEFT JOIN labels_lifecycle AS l ON l.label = e.lifecycle
ORDER BY c.case_object, e.source, e.sequence, e.id
