-- Which columns are the primary key of a table, in its order?
SELECT column_name
FROM sys.constraints
WHERE schema_name = ? AND table_name = ? AND is_primary_key = 'TRUE'
ORDER BY position
