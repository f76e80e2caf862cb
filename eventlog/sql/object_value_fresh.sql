-- Which values of attributes are new? (most are said once, so what is said more often is apart)
-- Each keeps its place: of several at one time, the last one said holds.
CREATE TEMP TABLE o_value AS
WITH said AS MATERIALIZED (
	SELECT n.object, s.attribute, s.time, s.kind, s.value, s.ord
	FROM {values} AS s JOIN o_number AS n ON n.type = coalesce({prefix} || s.type, '') AND n.id = s.object
), fresh AS (
	SELECT o.*, coalesce(k.n, 0) AS known
	FROM (SELECT object, attribute, time, kind, value, count(*) AS n, min(ord) AS ord FROM said GROUP BY ALL) AS o
	LEFT JOIN (
		SELECT object, attribute, time, kind, value, count(*) AS n FROM main.object_value
		WHERE source = {source} AND {known}
		GROUP BY ALL
	) AS k ON k.object = o.object AND k.attribute = o.attribute AND k.time IS NOT DISTINCT FROM o.time AND k.kind = o.kind AND k.value = o.value
	WHERE o.n > coalesce(k.n, 0)
)
SELECT object, attribute, time, kind, value, ord FROM fresh WHERE n = 1
UNION ALL
SELECT object, attribute, time, kind, value, ord
FROM (
	SELECT s.*, f.known,
	       row_number() OVER (PARTITION BY s.object, s.attribute, s.time, s.kind, s.value ORDER BY s.ord) AS i
	FROM said AS s JOIN (FROM fresh WHERE n > 1) AS f ON f.object = s.object AND f.attribute = s.attribute
	     AND f.time IS NOT DISTINCT FROM s.time AND f.kind = s.kind AND f.value = s.value
)
WHERE i > known
