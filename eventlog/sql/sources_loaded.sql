-- When did each source bring something new last?
SELECT source, max(ended_at) AS ended_at
FROM main.load
GROUP BY source
ORDER BY source
