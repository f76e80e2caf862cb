-- Which changes are of nothing?
DELETE FROM m_object_change WHERE type IS NULL OR id IS NULL OR attribute IS NULL
