-- Which value of an attribute do they have? (where no change tells its history)
INSERT INTO x_said
SELECT x.row, {name}, -9223372036854775808, {kind}, {text}, 0
FROM (SELECT rowid AS row, object FROM x_object WHERE stored = {type}) AS x JOIN {table} AS a ON a.object = x.object
WHERE a.{column} IS NOT NULL
  AND x.object NOT IN (SELECT object FROM main.object_change WHERE attribute = {name} AND time IS NOT NULL)
