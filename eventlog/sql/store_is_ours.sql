-- Does it number them? Not duckdb_columns(): that describes every view there is.
SELECT count(*) FROM pragma_table_info('main.migration') WHERE name = 'number'
