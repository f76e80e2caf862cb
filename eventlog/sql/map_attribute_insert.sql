-- Which attributes do new objects have?
INSERT INTO {table} (object{columns}) SELECT object{values} FROM m_diff WHERE fresh ORDER BY object
