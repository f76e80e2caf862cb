-- How many of a source's objects of a type have each attribute?
SELECT {counts}
FROM main.object AS o JOIN {table} AS t USING (object)
WHERE o.source = $1 AND o.type = $2 AND o.defined
