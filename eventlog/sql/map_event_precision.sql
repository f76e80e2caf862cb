-- Which precisions does nobody know?
SELECT DISTINCT precision FROM m_event WHERE precision NOT IN ('exact', 'day') ORDER BY precision
