-- Which stretches are missing, the first ones?
SELECT number, id, n + 1 AS "from", next - 1 AS "to" FROM p_number WHERE source = $1 AND place = $2 AND prefix = $3 AND next > n + 1 ORDER BY n LIMIT 5
