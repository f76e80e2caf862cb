-- Which objects would be new?
INSERT INTO main.ghost_object
SELECT DISTINCT {type}, {id} FROM {table} AS m
WHERE {type} IS NOT NULL AND {id} IS NOT NULL
  AND NOT EXISTS (FROM main.object AS o WHERE o.type = m.{type} AND o.id = m.{id})
  AND NOT EXISTS (FROM main.ghost_object AS g WHERE g.type = m.{type} AND g.id = m.{id})
ORDER BY ALL
