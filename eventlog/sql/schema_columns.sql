-- Which columns do the tables and views of a schema have?
SELECT table_name, column_name, data_type FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = $1
ORDER BY table_name, column_index
