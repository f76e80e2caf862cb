-- Which minute of the day, to the microsecond, do an activity's events fall on most?
WITH m AS (
	SELECT source, activity, CAST(local_us // 60000000 % 1440 AS INTEGER) AS minute, count(*) AS events
	FROM p_event
	WHERE NOT day AND local_us IS NOT NULL AND local_us % 60000000 = 0
	GROUP BY ALL
)
SELECT source, activity, min(minute) AS minute, any_value(events) AS events
FROM m
WHERE events = (SELECT max(x.events) FROM m AS x WHERE x.source = m.source AND x.activity = m.activity)
GROUP BY source, activity
HAVING any_value(events) >= $1
ORDER BY source, activity
