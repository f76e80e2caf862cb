-- Which values of attributes are new? (most are said once, so what is said more often is apart)
CREATE TEMP TABLE o_value AS
WITH fresh AS (
	SELECT o.object, o.attribute, o.time, o.kind, o.value, o.ord, o.n - coalesce(k.n, 0) AS n
	FROM (
		SELECT n.object, s.attribute, s.time, s.kind, s.value, count(*) AS n, min(s.ord) AS ord
		FROM {values} AS s JOIN o_number AS n ON n.type = coalesce({prefix} || s.type, '') AND n.id = s.object
		GROUP BY ALL
	) AS o
	LEFT JOIN (
		SELECT object, attribute, time, kind, value, count(*) AS n FROM main.object_value
		WHERE source = {source} AND {known}
		GROUP BY ALL
	) AS k ON k.object = o.object AND k.attribute = o.attribute AND k.time IS NOT DISTINCT FROM o.time AND k.kind = o.kind AND k.value = o.value
	WHERE o.n > coalesce(k.n, 0)
)
SELECT object, attribute, time, kind, value, ord FROM fresh
UNION ALL
SELECT object, attribute, time, kind, value, ord FROM (SELECT *, unnest(range(1, n)) FROM fresh WHERE n > 1)
