-- Which relations of events are gone?
DELETE FROM main.event_object AS r USING x_gone AS g
WHERE r.event = g.event AND r.object = g.object AND r.qualifier = g.qualifier
  AND r.quantity IS NOT DISTINCT FROM g.quantity AND r.amount IS NOT DISTINCT FROM g.amount
  AND r.currency IS NOT DISTINCT FROM g.currency
