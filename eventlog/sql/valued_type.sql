-- Which object type makes the cases of a log, if it has a value?
SELECT l.case_type
FROM main.log AS l
WHERE l.log = $1 AND l.case_type IN (
	SELECT table_name FROM duckdb_columns()
	WHERE schema_name = 'objects' AND column_name IN ('net_value', 'currency')
	GROUP BY table_name HAVING count(*) = 2)
ORDER BY l.case_type
