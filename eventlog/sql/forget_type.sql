-- Which objects are of a type, in an object-centric log too?
SELECT object, type, id FROM main.object
WHERE type = {type} OR type IN (SELECT type FROM main.object_type WHERE name = {type})
