-- Which attributes do known objects have now?
UPDATE {table} AS t SET {set} FROM m_diff AS d WHERE d.object = t.object AND NOT d.fresh
