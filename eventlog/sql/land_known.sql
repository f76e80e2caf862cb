-- What is known of a table: what landed, the rows read since in place of what they were?
WITH h AS (
	SELECT {values} FROM read_parquet({had})
	QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _ord DESC) = 1
)
SELECT {columns} FROM {table} AS l WHERE NOT EXISTS (FROM h WHERE {match})
UNION ALL
SELECT {columns} FROM h
