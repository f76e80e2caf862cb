-- Which columns has a table, and of which type is each?
SELECT column_name,
       concat(lower(data_type), CASE WHEN column_type LIKE '%unsigned%' THEN ' unsigned' ELSE '' END) AS type,
       character_maximum_length, numeric_precision, numeric_scale
FROM information_schema.columns
WHERE table_schema = ? AND table_name = ?
ORDER BY ordinal_position
