-- Which objects are no master data?
CREATE TEMP TABLE r_object AS
SELECT object FROM main.object
WHERE NOT list_contains($1::VARCHAR[], type)
  AND type NOT IN (SELECT type FROM main.object_type WHERE list_contains($1::VARCHAR[], name))
