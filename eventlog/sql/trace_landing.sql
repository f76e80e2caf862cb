-- Which columns are the key of a landed table?
SELECT k FROM (SELECT unnest(key) AS k, generate_subscripts(key, 1) AS n FROM main.landing_table WHERE source = $1 AND "table" = $2) ORDER BY n
