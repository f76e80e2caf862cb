-- What becomes of the events if each object of a type makes a case?
-- converging: events that touch several of them. diverging: objects to which an activity happens more than once,
-- with other objects of other types each time, so that what follows what among them is by time only.
WITH part AS (
	SELECT event, type, count(*) AS objects, sum(CAST(hash(object) AS HUGEINT)) AS print FROM p_touch GROUP BY event, type
), whole AS (
	SELECT event, sum(print) AS print FROM part GROUP BY event
), seen AS (
	SELECT t.type, t.object, e.activity, count(*) AS events, count(DISTINCT w.print - p.print) AS sets
	FROM p_touch AS t
	JOIN part AS p ON p.event = t.event AND p.type = t.type
	JOIN whole AS w ON w.event = t.event
	JOIN p_event AS e ON e.event = t.event
	GROUP BY ALL
), diverging AS (
	SELECT type, count(DISTINCT object) AS objects, count(DISTINCT object) FILTER (WHERE sets > 1) AS diverging FROM seen GROUP BY type
), converging AS (
	SELECT type, count(*) AS events, count(*) FILTER (WHERE objects > 1) AS converging FROM part GROUP BY type
)
SELECT type, c.events, c.converging, d.objects, d.diverging
FROM converging AS c JOIN diverging AS d USING (type)
ORDER BY type
