-- What if a log's columns are replaced?
DELETE FROM main.columns WHERE log = $1
