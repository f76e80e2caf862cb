-- Which known events say something else now? What they do not say stays.
CREATE TEMP TABLE o_changed AS
SELECT o.known AS event, s.activity, coalesce(s.time, e.time) AS time, coalesce({resource}, e.resource) AS resource{attributes}
FROM o_event AS o
JOIN {events} AS s USING (ord)
JOIN main.event AS e ON e.event = o.known
{join}
WHERE o.known IS NOT NULL AND (s.activity <> e.activity
   OR coalesce(s.time, e.time) IS DISTINCT FROM e.time
   OR coalesce({resource}, e.resource) IS DISTINCT FROM e.resource{differs})
