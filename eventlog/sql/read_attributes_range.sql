-- Which attributes do the next ones have?
SELECT * FROM {name} WHERE i >= $1 AND i < $2 ORDER BY i
