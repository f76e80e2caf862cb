-- Which sources is a log made of, and does each say in which order its events stand?
-- $1 is the log, $2 the object-centric log it is of, if any. An imported file orders its rows by their arrival only, unless a column was named for it.
CREATE TEMP TABLE p_source AS
WITH imported AS (
	SELECT log FROM main.log WHERE log = case_type
	UNION ALL
	SELECT source FROM main.object_log
), loaded AS (
	SELECT l.source, bool_and(NOT l.source IN (FROM imported) OR coalesce(json_extract_string(l.options, '$.Sequence'), '') <> '') AS declared
	FROM main.load AS l
	WHERE CASE WHEN $2 <> '' THEN l.source = $2 WHEN $1 IN (FROM imported) THEN l.source = $1 ELSE l.source NOT IN (FROM imported) END
	GROUP BY l.source
)
SELECT source, declared, CAST(row_number() OVER (ORDER BY source) - 1 AS USMALLINT) AS code FROM loaded
