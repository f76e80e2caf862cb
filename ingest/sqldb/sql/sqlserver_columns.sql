-- Which columns has a table, and of which type is each, alias types resolved? The length is in characters; -1: max.
SELECT c.name, t.name AS type,
       CASE WHEN t.name IN ('nchar', 'nvarchar') AND c.max_length > 0 THEN c.max_length / 2 ELSE c.max_length END AS length,
       c.precision, c.scale
FROM sys.columns c
JOIN sys.objects o ON o.object_id = c.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.types t ON t.user_type_id = CASE WHEN c.system_type_id = 240 THEN c.user_type_id ELSE c.system_type_id END
WHERE s.name = @p1 AND o.name = @p2
ORDER BY c.column_id
