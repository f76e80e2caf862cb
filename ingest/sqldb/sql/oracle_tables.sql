-- Which tables and views that we may see have this name, as written, in capitals or in small letters; which does the name alone mean; how many rows has each?
SELECT o.owner, o.object_name,
       CASE WHEN o.owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') THEN 1 ELSE 0 END AS place,
       (SELECT t.num_rows FROM all_tables t WHERE t.owner = o.owner AND t.table_name = o.object_name) AS estimated_rows
FROM (SELECT :1 AS name FROM dual) asked
JOIN all_objects o ON o.object_name IN (asked.name, UPPER(asked.name), LOWER(asked.name))
WHERE o.object_type IN ('TABLE', 'VIEW', 'MATERIALIZED VIEW') AND o.owner NOT IN ('SYS', 'SYSTEM')
ORDER BY 1, 2
