-- Which table has this name, whatever its case?
SELECT table_name FROM duckdb_tables()
WHERE database_name = current_database() AND schema_name = $1 AND lower(table_name) = lower($2)
ORDER BY table_name
