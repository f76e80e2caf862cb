-- How many tables does the file hold, and is one Millrace's list of migrations?
SELECT count(*), count(*) FILTER (schema_name = 'main' AND table_name = 'migration')
FROM duckdb_tables() WHERE NOT internal AND database_name = current_database()
