-- Is the log declared? (its cases are the objects of its own name)
INSERT INTO main.log (log, case_type, follow, items, lifecycle)
SELECT $1, $1, [], [], $2
WHERE NOT EXISTS (FROM main.log WHERE log = $1)
