-- Which cases become objects?
INSERT INTO main.object (object, type, id, defined, source, load)
SELECT object, $1, id, true, $1, $2
FROM staged_case
WHERE fresh
ORDER BY object
