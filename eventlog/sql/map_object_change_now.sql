-- Which attributes changed when, and by which event?
CREATE OR REPLACE TEMP TABLE x_now AS
SELECT DISTINCT n.object, m.attribute, m.time, m.old_value, m.new_value, e.event
FROM m_object_change AS m
JOIN m_number AS n ON n.type = m.type AND n.id = m.id
LEFT JOIN m_event_number AS e ON e.key = m.event_key
