-- Which other source has objects of the type that this log's cases will be?
SELECT source FROM main.object WHERE type = $1 AND source <> $1 ORDER BY source LIMIT 1
