-- Which changes are new?
INSERT INTO main.object_change (object, attribute, time, old_value, new_value, event, source, load)
SELECT object, attribute, time, old_value, new_value, event, {source}, {load} FROM {fresh}
ORDER BY object, time, attribute
