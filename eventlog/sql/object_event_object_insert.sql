-- Which relations of events are new? (most are said once, so what is said more often is apart)
INSERT INTO main.event_object (event, object, qualifier, load)
WITH fresh AS (
	SELECT o.event, o.object, o.qualifier, o.ord, o.n - coalesce(k.n, 0) AS n
	FROM o_event_object AS o
	LEFT JOIN (
		SELECT event, object, qualifier, count(*) AS n
		FROM main.event_object SEMI JOIN o_event_object USING (event)
		WHERE {known}
		GROUP BY ALL
	) AS k USING (event, object, qualifier)
	WHERE o.n > coalesce(k.n, 0)
)
SELECT event, object, qualifier, {load}
FROM (
	SELECT event, object, qualifier, ord FROM fresh
	UNION ALL
	SELECT event, object, qualifier, ord FROM (SELECT *, unnest(range(1, n)) FROM fresh WHERE n > 1)
)
ORDER BY event, ord
