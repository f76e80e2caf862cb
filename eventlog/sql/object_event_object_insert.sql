-- Which relations of events are new?
INSERT INTO main.event_object (event, object, qualifier, load)
SELECT event, object, qualifier, {load}
FROM (
	SELECT o.event, o.object, o.qualifier, o.ord, unnest(range(o.n - coalesce(k.n, 0))) AS i
	FROM o_event_object AS o
	LEFT JOIN (
		SELECT event, object, qualifier, count(*) AS n FROM main.event_object
		WHERE event IN (SELECT known FROM o_event WHERE known IS NOT NULL UNION ALL SELECT event FROM o_event_object ANTI JOIN o_event USING (event))
		GROUP BY ALL
	) AS k USING (event, object, qualifier)
)
ORDER BY event, ord, i
