-- What does a landing table sum up to, the rows read since in place of what they were?
WITH h AS (
	SELECT {values} FROM read_parquet({had})
	QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY _ord DESC) = 1
)
SELECT bucket, count(*), CAST(sum(CAST('0x' || substr(md5("all"), 1, 15) AS BIGINT)) AS VARCHAR)
FROM (
	SELECT {landed} AS bucket, {landed_all} AS "all" FROM {table} AS l WHERE NOT EXISTS (FROM h WHERE {match})
	UNION ALL
	SELECT {read}, {read_all} FROM h
)
GROUP BY bucket
