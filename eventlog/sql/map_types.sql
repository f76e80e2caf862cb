-- Of which types are the objects of this load?
SELECT DISTINCT type FROM main.object
WHERE object IN (SELECT object FROM m_number) OR object IN (SELECT object FROM m_moved)
ORDER BY type
