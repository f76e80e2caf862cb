-- Which rows are these, of a file?
SELECT * EXCLUDE (file_row_number) FROM read_parquet({file}, file_row_number = true)
WHERE file_row_number >= $1 AND file_row_number < $2
ORDER BY file_row_number
