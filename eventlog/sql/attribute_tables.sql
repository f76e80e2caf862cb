-- Which table has the attributes of a type, whatever its case? An object-centric log says it.
SELECT "table", true AS said FROM main.object_type WHERE $1 = 'objects' AND type = $2
UNION ALL
SELECT table_name, false AS said FROM duckdb_tables()
WHERE database_name = current_database() AND schema_name = $1
  AND lower(table_name) = lower(coalesce((SELECT any_value("table") FROM main.object_type WHERE $1 = 'objects' AND type = $2), $2))
ORDER BY said DESC
