-- Who describes them now? Nobody.
UPDATE main.object SET defined = false, source_table = NULL, source_key = NULL, load = $2
WHERE source = $1 AND defined AND object NOT IN (SELECT object FROM m_number)
  AND object NOT IN (SELECT object FROM m_held)
