-- Which relations do settled objects have already, in other quantities?
DELETE FROM m_object_object AS m USING main.object AS s, main.object AS t
WHERE s.type = m.source_type AND s.id = m.source_id AND t.type = m.target_type AND t.id = m.target_id
  AND (s.object IN (SELECT object FROM main.settled_object) OR t.object IN (SELECT object FROM main.settled_object))
  AND EXISTS (FROM main.object_object AS r WHERE r.source_object = s.object AND r.target_object = t.object AND r.qualifier = m.qualifier)
