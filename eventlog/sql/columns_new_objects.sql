-- How many cases are new, of a log of which every case is an object of its type?
SELECT count(*) FROM main.object WHERE load >= $3 AND type = $1 AND load IN (SELECT unnest($2::INTEGER[]))
