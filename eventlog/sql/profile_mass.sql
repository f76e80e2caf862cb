-- Which activities happen many times at one instant, for how much of what they are?
WITH n AS (
	SELECT activity, count(*) AS events FROM p_event GROUP BY activity
)
SELECT i.activity, count(*) AS instants, CAST(sum(i.events) AS BIGINT) AS at_once, max(i.events) AS most,
       arg_max(i.time_us, (i.events, -i.time_us)) AS time_us, any_value(n.events) AS events
FROM p_instant AS i JOIN n ON n.activity = i.activity
WHERE i.events >= $1
GROUP BY i.activity
ORDER BY i.activity
