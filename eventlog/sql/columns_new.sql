-- Which events are new, in which cases, in the order of the source?
SELECT o.object, e.event, e.activity,
       coalesce(epoch_us(e.time), -9223372036854775808) AS time_us,
       coalesce(epoch_us(e.start), -9223372036854775808) AS start_us,
       e.precision = 'day' AS day, e.rank, e.resource, e.lifecycle, e.sequence
FROM main.event_object AS o
JOIN main.event AS e ON e.event = o.event
WHERE o.load >= $1 AND o.load IN (SELECT unnest($2::INTEGER[])) AND e.load >= $1 AND e.load IN (SELECT unnest($2::INTEGER[]))
ORDER BY o.object, e.sequence, e.id
