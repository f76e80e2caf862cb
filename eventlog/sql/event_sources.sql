-- Which sources can a log's events be from, and which of them have attributes of events?
-- $1 are the types the log is made of; an imported log has events of its own type only.
WITH own AS (
	SELECT log AS type, log AS source FROM main.log WHERE log = case_type
	UNION ALL
	SELECT type, source FROM main.object_type
)
SELECT s.source, EXISTS (
	SELECT 1 FROM duckdb_tables()
	WHERE database_name = current_database() AND schema_name = 'events' AND table_name = s.source
)
FROM (SELECT DISTINCT source FROM main.load) AS s
WHERE CASE WHEN EXISTS (SELECT 1 FROM own WHERE list_contains($1, own.type))
      THEN s.source IN (SELECT source FROM own WHERE list_contains($1, own.type))
      ELSE s.source NOT IN (SELECT source FROM own) AND s.source NOT IN (SELECT source FROM main.object_log) END
ORDER BY s.source
