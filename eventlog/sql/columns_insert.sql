-- Where are the columns of a log now?
INSERT INTO main.columns (log, version, definition, file, size, checksums, notes)
SELECT $1, (SELECT coalesce(max(load), 0) FROM main.load), $2, $3, $4, $5, $6
