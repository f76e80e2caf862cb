-- How many known objects have changed?
SELECT count(DISTINCT object) FROM m_moved
