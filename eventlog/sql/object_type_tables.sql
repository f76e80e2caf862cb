-- Which names do tables of attributes have, in lower case?
SELECT lower(table_name) AS t FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'objects'
UNION SELECT lower("table") FROM main.object_type
ORDER BY t
