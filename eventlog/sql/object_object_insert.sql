-- Which relations of objects are new?
INSERT INTO main.object_object (source_object, target_object, qualifier, source, load)
SELECT source_object, target_object, qualifier, {source}, {load}
FROM (
	SELECT o.source_object, o.target_object, o.qualifier, o.ord, unnest(range(o.n - coalesce(k.n, 0))) AS i
	FROM (
		SELECT a.object AS source_object, b.object AS target_object, coalesce(s.qualifier, '') AS qualifier, count(*) AS n, min(s.ord) AS ord
		FROM {object_object} AS s
		JOIN o_number AS a ON a.type = coalesce({prefix} || s.source_type, '') AND a.id = s.source
		JOIN o_number AS b ON b.type = coalesce({prefix} || s.target_type, '') AND b.id = s.target
		GROUP BY ALL
	) AS o
	LEFT JOIN (
		SELECT source_object, target_object, qualifier, count(*) AS n FROM main.object_object
		WHERE source = {source}
		GROUP BY ALL
	) AS k USING (source_object, target_object, qualifier)
)
ORDER BY source_object, ord, i
