-- How many pairs of objects meet in an event, at most? (those that meet more than once are counted as often)
SELECT CAST(coalesce(sum(CAST(n AS HUGEINT) * (n - 1) // 2), 0) AS DOUBLE) FROM (SELECT sum(n) AS n FROM touch GROUP BY event)
