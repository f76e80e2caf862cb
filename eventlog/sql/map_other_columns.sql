-- Which attributes of the types do other sources' mappings know?
SELECT DISTINCT a.table_name, a.column_name
FROM duckdb_columns() AS a
WHERE a.database_name = current_database() AND starts_with(a.schema_name, 'map_')
  AND a.schema_name <> $1
ORDER BY a.table_name, a.column_name
