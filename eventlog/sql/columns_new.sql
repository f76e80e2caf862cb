-- Which events are new? (in order of event, as the table is)
SELECT event, activity,
       coalesce(epoch_us(time), -9223372036854775808) AS time_us,
       coalesce(epoch_us(start), -9223372036854775808) AS start_us,
       precision = 'day' AS day, rank, resource, lifecycle, sequence
FROM main.event
WHERE load >= $1 AND load IN (SELECT unnest($2::INTEGER[]))
