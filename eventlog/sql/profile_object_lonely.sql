-- Which described objects of some types have no event?
SELECT type, id, source FROM p_object
WHERE defined AND list_contains($1::VARCHAR[], type) AND object NOT IN (SELECT object FROM main.event_object)
ORDER BY type, id
LIMIT 5
