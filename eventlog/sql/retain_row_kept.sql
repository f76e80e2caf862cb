-- Which rows are not to land again?
INSERT INTO main.settled_row
SELECT $1, $2, md5_number(key) FROM r_row
WHERE md5_number(key) NOT IN (SELECT key FROM main.settled_row WHERE source = $1 AND "table" = $2)
ORDER BY ALL
