-- Which tables have the attributes of types, whatever their case? An object-centric log says it.
WITH asked AS (
	SELECT t.type, any_value(o."table") AS "table"
	FROM (SELECT DISTINCT unnest($2::VARCHAR[]) AS type) AS t
	LEFT JOIN main.object_type AS o ON $1 = 'objects' AND o.type = t.type
	GROUP BY t.type
)
SELECT type, "table", true AS said FROM asked WHERE "table" IS NOT NULL
UNION ALL
SELECT a.type, t.table_name, false AS said
FROM duckdb_tables() AS t JOIN asked AS a ON lower(t.table_name) = lower(coalesce(a."table", a.type))
WHERE t.database_name = current_database() AND t.schema_name = $1
ORDER BY said DESC, type
