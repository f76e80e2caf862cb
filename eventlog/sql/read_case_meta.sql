-- What does an imported log of cases say of itself?
SELECT meta FROM main.log_meta WHERE source = $1 AND source NOT IN (SELECT source FROM main.object_log)
