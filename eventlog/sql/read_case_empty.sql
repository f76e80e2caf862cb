-- Which cases have no events? (none are asked for where other objects may bring them)
CREATE TEMP TABLE y_empty AS
SELECT object, id FROM main.object WHERE $2 AND type = $1 AND object NOT IN (SELECT object FROM main.event_object) ORDER BY object
