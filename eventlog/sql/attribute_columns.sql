-- Which attributes do types have, and in which columns?
SELECT type, name, "column", sql_type, coalesce(unit, '') AS unit
FROM main.attribute
WHERE owner = $1 AND list_contains($2::VARCHAR[], type)
ORDER BY rowid
