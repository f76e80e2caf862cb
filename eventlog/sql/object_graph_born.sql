-- How many pairs of objects have the same first event ({column} born), or the same last one (died), by their types?
-- An object has one first event, so no pair counts twice and none needs to be listed.
SELECT a.type AS from_type, b.type AS to_type,
       CAST(sum(CASE WHEN a.type = b.type THEN CAST(a.{column} AS HUGEINT) * (a.{column} - 1) // 2 ELSE CAST(a.{column} AS HUGEINT) * b.{column} END) AS BIGINT) AS edges
FROM touch AS a JOIN touch AS b ON b.event = a.event AND b.type >= a.type
GROUP BY from_type, to_type
HAVING edges > 0
ORDER BY from_type, to_type
