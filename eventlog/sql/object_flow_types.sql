-- Which types of objects are there, and how many of each are described or referred to? (by the sources $1, if any are named)
SELECT type, count(*) AS objects
FROM main.object
WHERE len($1::VARCHAR[]) = 0 OR list_contains($1::VARCHAR[], source)
   OR object IN (SELECT object FROM main.event_object WHERE event IN (SELECT event FROM main.event WHERE list_contains($1::VARCHAR[], source)))
GROUP BY type
ORDER BY type
