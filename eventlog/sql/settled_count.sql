-- How many rows of a table were removed because of their age?
SELECT count(*) FROM main.settled_row WHERE source = $1 AND "table" = $2
