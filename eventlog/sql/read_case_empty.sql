-- Which cases have no events?
CREATE TEMP TABLE y_empty AS
SELECT object, id FROM main.object WHERE type = $1 AND object NOT IN (SELECT object FROM main.event_object) ORDER BY object
