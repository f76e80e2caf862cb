-- Which relations of objects are gone?
DELETE FROM main.object_object AS r USING x_gone AS g
WHERE r.source = {source} AND r.source_object = g.source_object AND r.target_object = g.target_object AND r.qualifier = g.qualifier
  AND r.quantity IS NOT DISTINCT FROM g.quantity AND r.amount IS NOT DISTINCT FROM g.amount
  AND r.currency IS NOT DISTINCT FROM g.currency
  AND r.source_object NOT IN (SELECT object FROM main.settled_object) AND r.target_object NOT IN (SELECT object FROM main.settled_object)
