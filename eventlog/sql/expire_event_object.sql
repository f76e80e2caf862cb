-- Which relations were theirs?
DELETE FROM m_event_object
WHERE event_key IS NOT NULL AND type IS NOT NULL AND id IS NOT NULL AND event_key NOT IN (SELECT key FROM m_event WHERE key IS NOT NULL)
