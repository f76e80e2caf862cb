-- Which is the last load of a system?
SELECT coalesce(max(load), 0) FROM main.load WHERE source IN (SELECT source FROM main.mapping)
