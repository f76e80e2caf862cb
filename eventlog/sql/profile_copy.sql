-- Which events say what another one says: same activity, objects and times?
CREATE TEMP TABLE p_copy AS
WITH candidate AS (
	SELECT e.* FROM p_event AS e SEMI JOIN p_instant AS i ON i.activity = e.activity AND i.time_us = e.time_us WHERE NOT e.day
), touched AS (
	SELECT event, count(*) AS objects, sum(CAST(hash(object, qualifier) AS HUGEINT)) AS print
	FROM main.event_object
	WHERE event IN (SELECT event FROM candidate)
	GROUP BY event
)
SELECT c.activity, c.time_us, count(*) AS events, min(c.id) AS first_id, arg_min(c.event, c.id, 2)[2] AS event,
       count(DISTINCT c.source) AS sources
FROM candidate AS c JOIN touched AS t USING (event)
GROUP BY c.activity, c.time_us, c.start_us, c.life, t.objects, t.print
HAVING count(*) > 1
