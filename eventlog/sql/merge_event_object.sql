-- Which case does each new event belong to?
INSERT INTO main.event_object (event, object, qualifier, load)
SELECT fresh.event, c.object, '', $1
FROM {staged} AS s
JOIN fresh USING (ord)
JOIN staged_case AS c ON c.id = s."case"
