-- Which loads of a log read these bytes, and how?
SELECT load, coalesce(options, 'null') FROM main.load
WHERE source = $1 AND content = $2
ORDER BY load
