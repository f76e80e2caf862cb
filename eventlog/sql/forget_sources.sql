-- Which sources describe customers by a row of theirs?
SELECT m.source
FROM main.mapping AS m
WHERE m.source <> '' AND 2 = (
	SELECT count(*) FROM duckdb_columns() AS c
	WHERE c.database_name = current_database() AND c.schema_name = 'map_' || m.source AND c.table_name = 'object_Customer'
	  AND lower(c.column_name) IN ('id', 'source_key'))
ORDER BY m.source
