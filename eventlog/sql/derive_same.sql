-- Was this derived from everything that systems have loaded?
SELECT count(*) FROM main.mapping
WHERE source = '' AND kind = 'derived' AND text = $1
  AND model = (SELECT coalesce(max(load), 0)::VARCHAR FROM main.load WHERE source IN (SELECT source FROM main.mapping))
