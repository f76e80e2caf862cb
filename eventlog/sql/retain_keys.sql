-- Which rows was something read from, and is all of it over? (with its group)
CREATE TEMP TABLE r_key AS
SELECT source, source_table, source_key, part, event, over
FROM (
	SELECT o.source, o.source_table, o.source_key, m.part, NULL::BIGINT AS event, coalesce(l.last < $1::TIMESTAMPTZ, false) AS over
	FROM main.object AS o LEFT JOIN r_member AS m USING (object) LEFT JOIN r_last AS l USING (part)
	UNION ALL
	SELECT e.source, e.source_table, e.source_key, r.part, e.event,
	       coalesce(CASE WHEN r.part IS NULL THEN r.time ELSE l.last END < $1::TIMESTAMPTZ, false) AS over
	FROM main.event AS e JOIN r_event AS r USING (event) LEFT JOIN r_last AS l ON l.part = r.part
)
WHERE source_table IS NOT NULL AND source_key IS NOT NULL
