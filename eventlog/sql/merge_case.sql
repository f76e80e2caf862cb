-- Which object is each staged case, and which are new?
CREATE TEMP TABLE staged_case AS
WITH seen AS (
	SELECT id, min(first) AS first
	FROM (
		SELECT "case" AS id, min(ord) AS first FROM {events} GROUP BY "case"
		UNION ALL
		SELECT "case" AS id, 9223372036854775807 AS first FROM {cases} GROUP BY "case"
	)
	GROUP BY id
), known AS (
	SELECT id, object FROM main.object WHERE type = $1
)
SELECT id, object, false AS fresh FROM seen JOIN known USING (id)
UNION ALL
SELECT id, (SELECT coalesce(max(object), 0) FROM main.object) + row_number() OVER (ORDER BY first, id) AS object, true AS fresh
FROM seen ANTI JOIN known USING (id)
