-- Which other objects is the story about?
SELECT o.object, o.type, o.id
FROM main.object AS o
WHERE o.object <> $1 AND o.object IN (
	SELECT object FROM main.event_object WHERE event IN (SELECT event FROM traced)
	UNION SELECT source_object FROM main.object_object WHERE target_object = $1
	UNION SELECT target_object FROM main.object_object WHERE source_object = $1)
ORDER BY o.type, o.id
