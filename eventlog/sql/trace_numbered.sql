-- Which object types have a number that people use?
SELECT table_name FROM duckdb_columns()
WHERE schema_name = 'objects' AND column_name = 'number' AND data_type = 'VARCHAR'
ORDER BY table_name
