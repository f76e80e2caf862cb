-- Of which series is most there, but not all?
SELECT source, prefix, count(*) AS present, max(n) - min(n) + 1 - count(*) AS missing
FROM p_number
GROUP BY source, prefix
HAVING count(*) >= $1 AND max(n) - min(n) + 1 > count(*) AND max(n) - min(n) + 1 <= 2 * count(*)
ORDER BY source, prefix
