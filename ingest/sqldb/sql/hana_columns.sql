-- Which columns has a table or view, and of which type is each? The length is the precision of a decimal.
WITH asked AS (SELECT CAST(? AS NVARCHAR(256)) AS schema_name, CAST(? AS NVARCHAR(256)) AS name FROM dummy)
SELECT column_name, data_type_name, length, CAST(NULL AS INTEGER) AS precision, scale
FROM (
  SELECT c.column_name, c.data_type_name, c.length, c.scale, c.position
  FROM sys.table_columns c JOIN asked a ON c.schema_name = a.schema_name AND c.table_name = a.name
  UNION ALL
  SELECT c.column_name, c.data_type_name, c.length, c.scale, c.position
  FROM sys.view_columns c JOIN asked a ON c.schema_name = a.schema_name AND c.view_name = a.name
)
ORDER BY position
