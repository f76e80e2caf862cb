-- Which rows did a load not take?
SELECT place, coalesce("column", '') AS "column", reason FROM main.reject WHERE load = $1 ORDER BY rowid
