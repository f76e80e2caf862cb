-- How many events touch how many objects of which types? The $1 most frequent combinations.
SELECT list_transform(kinds, k -> k.type) AS types, list_transform(kinds, k -> k.n) AS objects, count(*) AS events
FROM (SELECT list({type: type, n: n} ORDER BY type) AS kinds FROM touch GROUP BY event)
GROUP BY kinds
ORDER BY events DESC, types, objects
LIMIT $1
