-- Which sources have attributes of events?
SELECT table_name FROM duckdb_tables() WHERE schema_name = 'events' ORDER BY table_name
