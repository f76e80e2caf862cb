-- Which are the next events?
SELECT event, activity, time_us, start_us, day, rank, CAST(resource AS UINTEGER) AS resource, CAST(lifecycle AS UINTEGER) AS lifecycle, instance, sequence
FROM log_row
WHERE rowid >= $1 AND rowid < $2
ORDER BY rowid
