-- Which values of attributes are new, and how many of each?
CREATE TEMP TABLE o_value AS
SELECT o.object, o.attribute, o.time, o.kind, o.value, o.ord, unnest(range(o.n - coalesce(k.n, 0))) AS i
FROM (
	SELECT n.object, s.attribute, s.time, s.kind, s.value, count(*) AS n, min(s.ord) AS ord
	FROM {values} AS s JOIN o_number AS n ON n.type = coalesce({prefix} || s.type, '') AND n.id = s.object
	GROUP BY ALL
) AS o
LEFT JOIN (
	SELECT object, attribute, time, kind, value, count(*) AS n FROM main.object_value
	WHERE source = {source}
	GROUP BY ALL
) AS k ON k.object = o.object AND k.attribute = o.attribute AND k.time IS NOT DISTINCT FROM o.time AND k.kind = o.kind AND k.value = o.value
