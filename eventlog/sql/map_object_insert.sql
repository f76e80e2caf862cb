-- Which objects are new?
INSERT INTO main.object (object, type, id, defined, source, source_table, source_key, load)
SELECT object, type, id, defined, $1, source_table, source_key, $2
FROM m_number
WHERE fresh
ORDER BY object
