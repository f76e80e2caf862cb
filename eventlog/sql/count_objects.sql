-- How many objects of a type are there?
SELECT count(*) FROM main.object WHERE type = $1
