-- Which two events follow one another for some object of a type? Once, however many objects go from one to the other.
-- Objects may see the same two events at different distances, where one is
-- known to the day only: the least counts.
CREATE TEMP TABLE couple AS
SELECT type, min(origin) AS origin, min(activity) AS activity,
       coalesce(min(wait_us) FILTER (wait_us > -9223372036854775808), -9223372036854775808) AS wait_us
FROM step
WHERE before > 0
GROUP BY type, before, event
