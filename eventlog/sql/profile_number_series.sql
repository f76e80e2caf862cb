-- Of which series is most there, but not all?
SELECT source, place, prefix, count(*) AS present, max(n) - min(n) + 1 - count(*) AS missing
FROM p_number
GROUP BY source, place, prefix
HAVING count(*) >= $1 AND max(n) - min(n) + 1 > count(*) AND 4 * (max(n) - min(n) + 1) <= 5 * count(*)
ORDER BY source, place, prefix
