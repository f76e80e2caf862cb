-- Who describes them now, and where?
UPDATE main.object AS o
SET defined = m.defined, source = $1, source_table = m.source_table, source_key = m.source_key, load = $2
FROM m_number AS m
WHERE m.object = o.object AND m.object IN (SELECT object FROM m_moved)
