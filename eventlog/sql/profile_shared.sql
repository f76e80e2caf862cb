-- Which events are in more than one case?
SELECT c.event
FROM (SELECT event FROM case_event GROUP BY event HAVING count(*) > 1) AS c JOIN p_event AS e USING (event)
ORDER BY e.time_us NULLS FIRST, e.id
LIMIT 5
