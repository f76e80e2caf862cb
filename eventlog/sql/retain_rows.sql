-- Which rows of a landed table are over, and were not changed since?
SELECT {key} AS key
FROM {table}
WHERE {key} IN (SELECT source_key FROM r_key WHERE source = {source} AND source_table = {name} GROUP BY source_key HAVING bool_and(over))
  AND ({watermark} < {before}::TIMESTAMPTZ) IS NOT FALSE
