-- Which is the last load of a system?
SELECT max(load) FROM main.load
WHERE source NOT IN (SELECT log FROM main.log WHERE log = case_type) AND source NOT IN (SELECT source FROM main.object_log)
