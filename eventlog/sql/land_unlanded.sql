-- Which rows of a source did not land as they are there now, were not read since, and were not removed because of their age?
COPY (
	SELECT {keys}
	FROM (SELECT *, {settled} AS _settled FROM read_parquet({seen})) AS s LEFT JOIN {table} AS l ON {match}
	WHERE (l._load IS NULL AND NOT s._settled OR l._load IS NOT NULL AND ({differs})) AND NOT EXISTS (FROM read_parquet({had}) AS h WHERE {same})
	ORDER BY s._ord
) TO {file} (FORMAT parquet, COMPRESSION snappy)
