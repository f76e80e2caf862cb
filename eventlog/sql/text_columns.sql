-- Which columns of tables hold text?
SELECT c.schema_name, c.table_name, c.column_name
FROM duckdb_columns() AS c JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name)
WHERE c.database_name = current_database() AND NOT t.temporary AND c.data_type = 'VARCHAR'
ORDER BY c.schema_name, c.table_name, c.column_index
