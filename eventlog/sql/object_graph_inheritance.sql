-- How many objects appear first in the last event of another, by their types?
-- Two that live in one event only would inherit from each other, and an object
-- from itself: brief × brief takes both away.
SELECT a.type AS from_type, b.type AS to_type, CAST(sum(CAST(a.died AS HUGEINT) * b.born - CAST(a.brief AS HUGEINT) * b.brief) AS BIGINT) AS edges
FROM touch AS a JOIN touch AS b ON b.event = a.event
GROUP BY from_type, to_type
HAVING edges > 0
ORDER BY from_type, to_type
