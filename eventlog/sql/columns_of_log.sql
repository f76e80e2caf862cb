-- Which coded columns hold a log as the last load left it?
SELECT file, size, checksums, notes
FROM main.columns
WHERE log = $1 AND definition = $2 AND version = (SELECT coalesce(max(load), 0) FROM main.load)
