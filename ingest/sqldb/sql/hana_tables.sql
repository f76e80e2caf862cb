-- Which tables and views that we may see have this name, as written, in capitals or in small letters; which does the name alone mean; how many rows has each?
SELECT o.schema_name, o.object_name,
       CASE WHEN o.schema_name = CURRENT_SCHEMA THEN 1 ELSE 0 END AS place,
       (SELECT max(t.record_count) FROM sys.m_tables t WHERE t.schema_name = o.schema_name AND t.table_name = o.object_name) AS estimated_rows
FROM (SELECT CAST(? AS NVARCHAR(256)) AS name FROM dummy) asked
JOIN sys.objects o ON o.object_name IN (asked.name, upper(asked.name), lower(asked.name))
WHERE o.object_type IN ('TABLE', 'VIEW')
ORDER BY 1, 2
