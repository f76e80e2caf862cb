-- Which case does each new event belong to?
INSERT INTO main.event_object (event, object, qualifier, load)
SELECT $2 + s.ord + 1, {object}, '', $1
FROM {staged} AS s {fresh} {case}
