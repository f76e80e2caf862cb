-- Where are the columns of a log now? The version is that of columns_of_log.
INSERT INTO main.columns (log, version, definition, part, file, size, checksums, notes)
SELECT $1, (SELECT coalesce(max(load), 0) FROM main.load WHERE source IN (SELECT source FROM main.log_source WHERE log = $1)),
	$2, $3, $4, $5, $6, $7
