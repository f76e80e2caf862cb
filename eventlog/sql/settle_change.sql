-- Which changes?
DELETE FROM m_object_change AS m USING main.object AS o
WHERE o.type = m.type AND o.id = m.id AND o.object IN (SELECT object FROM main.settled_object)
  AND (m.time >= (SELECT landing FROM main.horizon)) IS NOT TRUE
