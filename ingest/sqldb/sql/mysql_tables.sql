-- Which tables and views have this name, whatever its case; is it in our database; how many rows has each?
SELECT table_schema, table_name,
       CASE WHEN table_schema = database() THEN 1 ELSE 0 END AS place,
       CASE WHEN table_type = 'VIEW' THEN -1 ELSE coalesce(table_rows, -1) END AS estimated_rows
FROM information_schema.tables
WHERE lower(table_name) = lower(?)
  AND table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
ORDER BY 1, 2
