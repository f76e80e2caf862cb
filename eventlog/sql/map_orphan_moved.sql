-- Which objects did this source describe that only others mention now?
INSERT INTO m_moved
SELECT object FROM main.object
WHERE source = $1 AND defined AND object NOT IN (SELECT object FROM m_number)
  AND object NOT IN (SELECT object FROM m_held)
