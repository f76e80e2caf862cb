-- Which coded columns hold a log as it once was, and up to which load?
SELECT part, file, size, checksums, notes, version
FROM main.columns
WHERE log = $1 AND definition = $2
