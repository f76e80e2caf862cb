-- Which messages have the content of another one?
SELECT count(*) OVER () AS groups, CAST(sum(n - 1) OVER () AS BIGINT) AS copies, id, first_id
FROM (
	SELECT count(*) AS n, arg_min(o.id, o.id, 2)[2] AS id, min(o.id) AS first_id
	FROM p_object AS o JOIN {table} AS t USING (object)
	WHERE o.type = $1 AND o.defined AND t.{column} <> ''
	GROUP BY o.source, t.{column}
	HAVING count(*) > 1
)
ORDER BY first_id
LIMIT 5
