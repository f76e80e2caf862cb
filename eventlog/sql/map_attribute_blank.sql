-- Which objects have no row for their attributes yet?
INSERT INTO {table} (object)
SELECT object FROM main.object
WHERE type = $1 AND object NOT IN (SELECT object FROM {table})
ORDER BY object
