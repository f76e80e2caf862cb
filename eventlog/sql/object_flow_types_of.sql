-- Which types of objects does the object-centric log $1 have, and how many of each are described or referred to?
SELECT type, count(*) AS objects
FROM main.object
WHERE source = $1
GROUP BY type
ORDER BY type
