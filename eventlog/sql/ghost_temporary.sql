-- Which temporary tables and macros are there, but these?
SELECT what FROM (
	SELECT 'TABLE temp.main."' || replace(table_name, '"', '""') || '"' AS what FROM duckdb_tables() WHERE temporary
	UNION
	SELECT CASE function_type WHEN 'table_macro' THEN 'MACRO TABLE' ELSE 'MACRO' END || ' temp.main."' || replace(function_name, '"', '""') || '"'
	FROM duckdb_functions() WHERE database_name = 'temp' AND NOT internal AND function_type LIKE '%macro'
)
WHERE NOT list_contains($1::VARCHAR[], what)
ORDER BY what
