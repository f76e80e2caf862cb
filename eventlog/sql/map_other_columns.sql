-- Which attributes of a type do other sources' mappings know?
SELECT DISTINCT a.column_name
FROM duckdb_columns() AS a
WHERE a.database_name = current_database() AND starts_with(a.schema_name, 'map_')
  AND a.schema_name <> $1 AND a.table_name = $2
ORDER BY a.column_name
