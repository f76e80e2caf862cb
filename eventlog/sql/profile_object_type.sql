-- Which types have they, how many are described, and how many of those have no event?
SELECT type, count(*) AS objects, count(*) FILTER (WHERE defined) AS defined,
       count(*) FILTER (WHERE defined AND object NOT IN (SELECT object FROM main.event_object)) AS lonely
FROM p_object
GROUP BY type
ORDER BY type
