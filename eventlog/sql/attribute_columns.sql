-- Which attributes does a type have, and in which columns?
SELECT name, "column", sql_type, coalesce(unit, '') AS unit
FROM main.attribute
WHERE owner = $1 AND type = $2
ORDER BY rowid
