-- Which key stands more than once?
SELECT min(key) AS sample, count(*) AS n
FROM (SELECT key FROM m_event GROUP BY key HAVING count(*) > 1)
HAVING count(*) > 0
