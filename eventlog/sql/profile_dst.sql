-- How many events fall on the hour that a night of changing clocks has twice, or lacks, and on the hours beside it?
-- $1 and $2 are the spells, as µs UTC.
WITH spell AS (
	SELECT unnest($1::BIGINT[]) AS begin_us, unnest($2::BIGINT[]) AS end_us
)
SELECT e.source, s.begin_us, count(*) AS events
FROM p_event AS e JOIN spell AS s ON e.time_us >= s.begin_us AND e.time_us < s.end_us
WHERE NOT e.day
GROUP BY ALL
ORDER BY ALL
