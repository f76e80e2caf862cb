-- How many objects of a type are there, and between which numbers?
SELECT count(*), coalesce(min(object), 0), coalesce(max(object), 0) FROM main.object WHERE type = $1
