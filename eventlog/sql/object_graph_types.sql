-- How many events touch objects of each type, and how often?
SELECT type, count(*) AS events, CAST(sum(n) AS BIGINT) AS relations
FROM touch
GROUP BY type
ORDER BY type
