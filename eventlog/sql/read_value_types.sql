-- Which types do the other objects have?
SELECT DISTINCT stored FROM x_object WHERE stored NOT IN (SELECT type FROM main.object_type) ORDER BY stored
