-- Which tables and views have this name, whatever its case?
SELECT 'main', name, 1 AS rank, -1 AS estimated_rows
FROM main.sqlite_schema
WHERE lower(name) = lower(?) AND type IN ('table', 'view')
ORDER BY name
