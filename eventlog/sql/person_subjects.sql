-- Of which tables is each row one user or customer and nothing else, as mappings say?
SELECT source, source_table, min(type) AS type, '' AS none
FROM main.object
WHERE source_table IS NOT NULL AND $1 IN (source, '')
GROUP BY source, source_table
HAVING count(DISTINCT type) = 1 AND min(type) IN ('User', 'Customer')
ORDER BY ALL
