-- Which events are made of rows that are left over?
DELETE FROM m_event WHERE id IN (SELECT id FROM main.ghost_event)
