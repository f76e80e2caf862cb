-- Which views did the mapping make?
SELECT view_name FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = $1
ORDER BY view_name
