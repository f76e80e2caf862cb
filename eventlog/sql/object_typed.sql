-- Which objects are described, or referred to by their type?
CREATE TEMP TABLE o_typed AS
SELECT type, id, bool_or(defined) AS defined, coalesce(min(ord) FILTER (WHERE defined), min(ord)) AS ord
FROM (
	SELECT {prefix} || type AS type, id, true AS defined, ord FROM {objects}
	UNION ALL SELECT {prefix} || type, object, false, ord FROM {event_object} WHERE type IS NOT NULL
	UNION ALL SELECT {prefix} || source_type, source, false, ord FROM {object_object} WHERE source_type IS NOT NULL
	UNION ALL SELECT {prefix} || target_type, target, false, ord FROM {object_object} WHERE target_type IS NOT NULL
	UNION ALL SELECT {prefix} || type, object, false, ord FROM {values} WHERE type IS NOT NULL
)
GROUP BY type, id
