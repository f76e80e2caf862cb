-- Where did the last load of a source end?
SELECT coalesce(watermark, '') FROM main.load WHERE source = $1 ORDER BY load DESC LIMIT 1
