-- Which rows of a source did not land as they are there now, and were not read since?
COPY (
	SELECT {keys}
	FROM read_parquet({seen}) AS s LEFT JOIN {table} AS l ON {match}
	WHERE (l._load IS NULL OR {differs}) AND NOT EXISTS (FROM read_parquet({had}) AS h WHERE {same})
	ORDER BY s._ord
) TO {file} (FORMAT parquet, COMPRESSION snappy)
