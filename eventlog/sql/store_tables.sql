-- How many tables does the file hold?
SELECT count(*) FROM duckdb_tables() WHERE NOT internal AND database_name = current_database()
