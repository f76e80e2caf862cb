-- Which columns are their keys?
SELECT source, "table", k, '' AS none
FROM (SELECT source, "table", unnest(key) AS k, generate_subscripts(key, 1) AS n FROM main.landing_table WHERE $1 IN (source, ''))
ORDER BY source, "table", n
