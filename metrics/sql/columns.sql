-- Which views and columns are there for key figures to read?
SELECT table_name || '.' || column_name AS name
FROM information_schema.columns
WHERE table_schema = 'o2c'
ORDER BY name
