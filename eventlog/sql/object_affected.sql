-- Which objects are new, of another type, or have new values?
CREATE TEMP TABLE o_affected AS
SELECT object, type FROM main.object
WHERE source = {source} AND (load = {load} OR object IN (SELECT object FROM o_value))
