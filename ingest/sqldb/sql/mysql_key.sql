-- Which columns are the primary key of a table, in its order?
SELECT column_name
FROM information_schema.statistics
WHERE table_schema = ? AND table_name = ? AND index_name = 'PRIMARY'
ORDER BY seq_in_index
