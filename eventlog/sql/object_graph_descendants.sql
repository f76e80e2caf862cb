-- How many objects appear first in an event of an object that appeared before, by their types?
SELECT a.type AS from_type, b.type AS to_type, CAST(sum(CAST(a.n - a.born AS HUGEINT) * b.born) AS BIGINT) AS edges
FROM touch AS a JOIN touch AS b ON b.event = a.event
GROUP BY from_type, to_type
HAVING edges > 0
ORDER BY from_type, to_type
