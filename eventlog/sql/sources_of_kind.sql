-- Which sources of a kind are there?
SELECT DISTINCT source FROM main.load WHERE kind = $1 ORDER BY source
