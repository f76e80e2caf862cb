-- What does an object-centric log hold?
SELECT (SELECT count(*) FROM main.event WHERE source = $1) AS events,
       (SELECT count(DISTINCT activity) FROM main.event WHERE source = $1) AS activities,
       (SELECT coalesce(epoch_us(min(time)), -9223372036854775808) FROM main.event WHERE source = $1) AS first,
       (SELECT coalesce(epoch_us(max(time)), -9223372036854775808) FROM main.event WHERE source = $1) AS last,
       (SELECT count(*) FROM main.object WHERE source = $1 AND NOT defined) AS dangling,
       (SELECT count(*) FROM main.event_object WHERE event IN (SELECT event FROM main.event WHERE source = $1)) AS event_object,
       (SELECT count(*) FROM main.object_object WHERE source = $1) AS object_object,
       (SELECT count(*) FROM main.object_value WHERE source = $1) AS "values",
       (SELECT count(*) FROM main.object_change WHERE source = $1) AS changes
