-- Which values of an attribute does this load replace? (nobody knows since when)
INSERT INTO main.object_change (object, attribute, time, old_value, new_value, source, load)
SELECT t.object, $1, NULL, {old}, {new}, $2, $3
FROM {table} AS t JOIN case_changed USING (object)
WHERE {value} <> {column}
ORDER BY t.object
