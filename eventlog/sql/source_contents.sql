-- Which contents did each source bring, in the order of its loads?
SELECT source, content
FROM main.load
ORDER BY source, load
