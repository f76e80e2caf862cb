-- Which events cannot be told apart, or have no name?
DELETE FROM m_event WHERE key IS NULL OR activity IS NULL
