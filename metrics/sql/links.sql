-- How many references of each kind has each system to what others describe, and how many lead to one object?
SELECT system, source_type, qualifier, target_type, matched, n
FROM o2c.link_counts
ORDER BY system, source_type, qualifier, target_type
