-- Which staged events does the store know?
-- The staged ones are the fewer, as a rule: they are looked up by the stored.
CREATE TEMP TABLE known AS
SELECT s.ord
FROM main.event AS e JOIN (SELECT s.ord, {id} AS id FROM {staged} AS s {repeated}) AS s ON s.id = e.id
WHERE e.source = $1
