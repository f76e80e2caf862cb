-- Which changes are gone?
DELETE FROM main.object_change AS r USING x_gone AS g
WHERE r.source = {source} AND r.object = g.object AND r.attribute = g.attribute
  AND r.time IS NOT DISTINCT FROM g.time AND r.old_value IS NOT DISTINCT FROM g.old_value
  AND r.new_value IS NOT DISTINCT FROM g.new_value AND r.event IS NOT DISTINCT FROM g.event
  AND r.object NOT IN (SELECT object FROM main.settled_object)
