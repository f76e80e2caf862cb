-- Which numbers of documents are missing in a series, that is of one table of a source and with one beginning?
CREATE OR REPLACE TEMP TABLE p_number AS
WITH d AS (
	SELECT o.source, coalesce(m.source_table, '') AS place, o.id, t.number, regexp_extract(t.number, '^(.*?)([0-9]{1,15})$', 1) AS prefix, TRY_CAST(regexp_extract(t.number, '^(.*?)([0-9]{1,15})$', 2) AS BIGINT) AS n
	FROM p_object AS o JOIN {table} AS t USING (object) JOIN main.object AS m USING (object)
	WHERE o.type = $1 AND o.defined
)
SELECT source, place, prefix, n, min(number) AS number, min(id) AS id, lead(n) OVER (PARTITION BY source, place, prefix ORDER BY n) AS next
FROM d
WHERE n IS NOT NULL
GROUP BY source, place, prefix, n
