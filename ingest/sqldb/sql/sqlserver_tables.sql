-- Which tables and views have this name, whatever its case; which does the name without a schema mean; how many rows has each?
SELECT s.name, o.name,
       CASE WHEN s.name = SCHEMA_NAME() THEN 1 WHEN s.name = 'dbo' THEN 2 ELSE 0 END AS place,
       (SELECT SUM(p.rows) FROM sys.partitions p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) AS estimated_rows
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE LOWER(o.name) = LOWER(@p1) AND o.type IN ('U', 'V')
ORDER BY 1, 2
