-- Which coded columns hold a log as the last load that it depends on left it?
SELECT part, file, size, checksums, notes, version
FROM main.columns
WHERE log = $1 AND definition = $2 AND version = (
	SELECT coalesce(max(load), 0) FROM main.load
	WHERE source IN (SELECT source FROM main.log_source WHERE log = $1))
