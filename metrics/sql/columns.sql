-- Which views and columns are there for key figures to read, in their order?
SELECT table_name, column_name, data_type
FROM information_schema.columns
WHERE table_schema = 'o2c'
ORDER BY table_name, ordinal_position
