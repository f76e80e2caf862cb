-- Which value holds from now on?
UPDATE {table} AS t SET {set}
FROM case_changed
WHERE case_changed.object = t.object
