-- Which are the next events of the cases, with codes for labels?
SELECT c.case_object, {source} AS source, e.sequence, {high} AS high, {low} AS low, e.event, {activity} AS activity,
       coalesce(epoch_us(e.time), -9223372036854775808) AS time_us,
       coalesce(epoch_us(e.start), -9223372036854775808) AS start_us,
       CAST(e.precision = 'day' AS BIGINT) AS day, CAST(e.rank AS BIGINT) AS rank, {resource} AS resource, {lifecycle} AS lifecycle,
       coalesce(e.instance, '') AS instance
FROM {pairs} AS c JOIN main.event AS e ON e.event = c.event {joins}
WHERE e.event >= $1 AND e.event < $2 AND c.event >= $1 AND c.event < $2
