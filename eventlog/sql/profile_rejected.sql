-- How many rows of each source were not taken?
SELECT source, CAST(sum(rows_rejected) AS BIGINT) AS rejected, CAST(sum(rows_in) AS BIGINT) AS read
FROM main.load
WHERE source IN (SELECT source FROM p_source)
GROUP BY source
ORDER BY source
