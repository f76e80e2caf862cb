-- What became of names in the last load of a source?
SELECT coalesce(options, 'null') FROM main.load WHERE source = $1 ORDER BY load DESC LIMIT 1
