-- How many events touch how many objects of which types? The $1 most frequent combinations.
-- Combinations are told apart by a 64-bit hash of each part, added up: lists in
-- order for every event take ten times as long.
WITH kind AS (
	SELECT count(*) AS events, min(event) AS example
	FROM (SELECT event, sum(hash(type, n)) AS parts FROM touch GROUP BY event)
	GROUP BY parts
)
SELECT list(t.type ORDER BY t.type) AS types, list(t.n ORDER BY t.type) AS objects, any_value(k.events) AS events
FROM kind AS k JOIN touch AS t ON t.event = k.example
GROUP BY k.example
ORDER BY events DESC, types, objects
LIMIT $1
