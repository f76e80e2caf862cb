-- What can a condition on a case look at?
SELECT o.object AS "case", o.id, a.* EXCLUDE (object)
FROM main.object AS o LEFT JOIN {table} AS a ON a.object = o.object
WHERE o.type = {type}
