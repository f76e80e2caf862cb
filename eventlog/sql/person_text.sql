-- Which of their columns hold text?
SELECT l.source, l."table", c.column_name, '' AS none
FROM main.landing_table AS l
JOIN duckdb_columns() AS c ON c.schema_name = 'landing_' || l.source AND c.table_name = l."table"
WHERE c.database_name = current_database() AND c.data_type = 'VARCHAR' AND $1 IN (l.source, '')
ORDER BY l.source, l."table", c.column_index
