-- Which types of objects are new to the log?
SELECT DISTINCT type FROM (
	SELECT type FROM o_typed
	UNION ALL SELECT {prefix} FROM o_untyped)
WHERE type NOT IN (SELECT type FROM main.object_type)
ORDER BY type
