-- Which objects would be new?
INSERT INTO main.ghost_object
SELECT DISTINCT type, id FROM (SELECT CAST({type} AS VARCHAR) AS type, CASE WHEN CAST({type} AS VARCHAR) <> 'User' THEN {prefix} ELSE '' END || CAST({id} AS VARCHAR) AS id FROM {view}) AS v
WHERE type IS NOT NULL AND id IS NOT NULL
  AND NOT EXISTS (FROM main.object AS o WHERE o.type = v.type AND o.id = v.id)
  AND NOT EXISTS (FROM main.ghost_object AS g WHERE g.type = v.type AND g.id = v.id)
ORDER BY ALL
