-- Does the file keep a list of Millrace's migrations?
SELECT count(*) FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main'
  AND table_name = 'migration' AND column_name = 'number'
