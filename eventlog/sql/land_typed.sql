-- Which rows can be taken? The last one of each key.
COPY (
	SELECT * EXCLUDE (_ord)
	FROM (SELECT {values}_line, _ord FROM read_parquet({raw}) WHERE {good})
	QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _ord DESC) = 1
) TO {file} (FORMAT parquet, COMPRESSION snappy)
