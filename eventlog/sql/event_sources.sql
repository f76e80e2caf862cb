-- Which sources can a log's events be from, and which of them have attributes of events?
-- $1 are the types the log is made of; an imported log has events of its own type only.
SELECT s.source, EXISTS (
	SELECT 1 FROM duckdb_tables()
	WHERE database_name = current_database() AND schema_name = 'events' AND table_name = s.source
)
FROM (SELECT DISTINCT source FROM main.load) AS s
WHERE list_contains($1, s.source) OR NOT EXISTS (SELECT 1 FROM main.log WHERE log = s.source AND case_type = s.source)
ORDER BY s.source
