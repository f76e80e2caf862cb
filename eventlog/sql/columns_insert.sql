-- Where are the columns of a log now? The version is that of columns_of_log.
INSERT INTO main.columns (log, version, definition, file, size, checksums, notes)
WITH imported AS (SELECT log FROM main.log WHERE log = case_type AND log IN (SELECT source FROM main.load))
SELECT $1, (
	SELECT coalesce(max(load), 0) FROM main.load
	WHERE CASE WHEN $1 IN (FROM imported) THEN source = $1 ELSE source NOT IN (FROM imported) END),
	$2, $3, $4, $5, $6
