-- Which coded columns hold a log as the last load that it depends on left it?
-- An imported log depends on its own source, a case notion on all sources that
-- are no imported logs.
WITH imported AS (SELECT log FROM main.log WHERE log = case_type AND log IN (SELECT source FROM main.load))
SELECT file, size, checksums, notes
FROM main.columns
WHERE log = $1 AND definition = $2 AND version = (
	SELECT coalesce(max(load), 0) FROM main.load
	WHERE CASE WHEN $1 IN (FROM imported) THEN source = $1 ELSE source NOT IN (FROM imported) END)
