-- Which object is described more than once?
SELECT min(sample) AS sample, count(*) AS n
FROM (SELECT type || ' ' || id AS sample FROM m_object GROUP BY type, id HAVING count(*) > 1)
HAVING count(*) > 0
