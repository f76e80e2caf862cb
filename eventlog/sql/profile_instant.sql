-- Which activities happen more than once at the same microsecond?
CREATE TEMP TABLE p_instant AS
SELECT activity, time_us, count(*) AS events
FROM p_event
WHERE time_us IS NOT NULL AND NOT day
GROUP BY activity, time_us
HAVING count(*) > 1
