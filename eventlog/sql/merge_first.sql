-- Has the source no events yet?
SELECT count(*) FROM (SELECT 1 FROM main.event WHERE source = $1 LIMIT 1)
