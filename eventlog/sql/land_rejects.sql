-- Which rows have a value that is not of its column's type?
SELECT line, "column", value
FROM (SELECT _line AS line, _ord, {which} AS "column", {value} AS value FROM read_parquet({raw}))
WHERE "column" IS NOT NULL
ORDER BY _ord
