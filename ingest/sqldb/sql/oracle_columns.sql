-- Which columns has a table, and of which type is each? The length is in characters.
SELECT column_name, data_type, char_length, data_precision, data_scale
FROM all_tab_columns
WHERE owner = :1 AND table_name = :2
ORDER BY column_id
