-- Is this the log of an imported file, whose cases are related to nothing?
SELECT count(*) FROM main.log
WHERE log = $1 AND case_type = $1 AND log IN (SELECT source FROM main.load) AND log NOT IN (SELECT type FROM main.object_type)
