-- Which events are these, what can they be traced by, and where do they stand?
-- $1 are events in the order to show them, $2 is the type preferred to trace by.
WITH picked AS (
	SELECT event, min(n) AS n FROM (SELECT unnest($1::BIGINT[]) AS event, generate_subscripts($1::BIGINT[], 1) AS n) GROUP BY event
), object AS (
	SELECT eo.event, arg_min(o.type, (o.type <> $2, o.type, o.id)) AS type, arg_min(o.id, (o.type <> $2, o.type, o.id)) AS id
	FROM main.event_object AS eo JOIN main.object AS o USING (object)
	WHERE eo.event IN (SELECT event FROM picked)
	GROUP BY eo.event
)
SELECT coalesce(o.type, '') AS type, coalesce(o.id, '') AS id, e.activity, e.time, e.start, e.source,
       coalesce(e.source_table, '') AS source_table, coalesce(e.source_key, '') AS source_key
FROM picked AS p JOIN main.event AS e USING (event) LEFT JOIN object AS o USING (event)
ORDER BY p.n
