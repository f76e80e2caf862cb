-- Which rows can be taken? Equal ones are numbered: they have no key.
COPY (
	SELECT * EXCLUDE (_ord), row_number() OVER (PARTITION BY {key} ORDER BY _ord) AS _n
	FROM (SELECT {values}_line, _ord FROM read_parquet({raw}) WHERE {good})
) TO {file} (FORMAT parquet, COMPRESSION snappy)
