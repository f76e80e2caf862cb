-- Which objects do those touch?
CREATE OR REPLACE TEMP TABLE x_event_object AS
SELECT x.row, x.id AS event, t.name AS type, o.id AS object, r.qualifier
FROM (SELECT rowid AS row, event, id FROM x_event) AS x
JOIN (SELECT rowid AS n, event, object, qualifier FROM main.event_object) AS r ON r.event = x.event
JOIN main.object AS o ON o.object = r.object
JOIN x_type AS t ON t.type = o.type
ORDER BY x.row, r.n
