-- Which relations of events lead from nothing or to nothing?
DELETE FROM m_event_object
WHERE event_key IS NULL OR type IS NULL OR id IS NULL OR event_key NOT IN (SELECT key FROM m_event)
