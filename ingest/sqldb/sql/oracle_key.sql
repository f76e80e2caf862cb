-- Which columns are the primary key of a table, in its order?
SELECT c.column_name
FROM all_constraints k
JOIN all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name
WHERE k.owner = :1 AND k.table_name = :2 AND k.constraint_type = 'P'
ORDER BY c.position
