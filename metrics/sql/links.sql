-- How many references of each kind has each system to what others describe, and how many lead to one object?
SELECT system, source_type, qualifier, target_type, count(*) FILTER (state = 'matched') AS found, count(*) AS n
FROM o2c.system_links
GROUP BY system, source_type, qualifier, target_type
ORDER BY system, source_type, qualifier, target_type
