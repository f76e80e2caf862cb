-- Which columns are the primary key of a table, in its order?
SELECT c.name
FROM sys.indexes i
JOIN sys.objects o ON o.object_id = i.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE s.name = @p1 AND o.name = @p2 AND i.is_primary_key = 1
ORDER BY k.key_ordinal
