-- Which object is each staged case, and which are new?
-- Numbers follow the order of arrival; a case without events stands after the
-- case that was listed before it.
CREATE TEMP TABLE staged_case AS
WITH seen AS (
	SELECT id, min(first) AS first, min(listed) AS listed
	FROM (
		SELECT "case" AS id, first, NULL AS listed FROM {labels}
		UNION ALL
		SELECT "case" AS id, NULL AS first, ord AS listed FROM {cases}
	)
	GROUP BY id
), placed AS (
	SELECT id, listed, first IS NULL AS empty,
	       coalesce(first, CASE WHEN listed IS NOT NULL THEN max(first) FILTER (listed IS NOT NULL) OVER (ORDER BY listed NULLS LAST) END, -1) AS first
	FROM seen
), known AS (
	SELECT id, object FROM main.object WHERE type = $1
)
SELECT id, object, false AS fresh FROM placed JOIN known USING (id)
UNION ALL
SELECT id, $2 + row_number() OVER (ORDER BY first, empty, listed, id) AS object, true AS fresh
FROM placed ANTI JOIN known USING (id)
