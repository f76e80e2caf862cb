-- Which objects of this source does nothing mention any more?
CREATE TEMP TABLE m_object_gone AS
SELECT o.object, o.type
FROM (SELECT object, type FROM main.object WHERE source = $1) AS o
ANTI JOIN m_number USING (object)
WHERE o.object NOT IN (SELECT object FROM main.event_object)
  AND o.object NOT IN (SELECT source_object FROM main.object_object)
  AND o.object NOT IN (SELECT target_object FROM main.object_object)
  AND o.object NOT IN (SELECT object FROM main.object_change)
  AND o.object NOT IN (SELECT object FROM main.settled_object)
