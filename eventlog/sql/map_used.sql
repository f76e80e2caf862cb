-- Which was the last load of the sources that a mapping reads from the store?
SELECT coalesce(max(load), 0) FROM main.load WHERE list_contains($1::VARCHAR[], source)
