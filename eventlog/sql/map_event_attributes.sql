-- Which attributes do they have?
INSERT INTO {table} (event{columns})
SELECT m.event{values} FROM m_fresh AS m ORDER BY m.event
