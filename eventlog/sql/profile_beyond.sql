-- Which cases are beyond a limit, the worst first?
SELECT count(*) OVER () AS n, o.type, o.id, CAST(c.x AS BIGINT) AS x
FROM (SELECT case_object, {figure} AS x FROM p_case WHERE {figure} > $1) AS c
JOIN main.object AS o ON o.object = c.case_object
ORDER BY c.x DESC, o.type, o.id
LIMIT 5
