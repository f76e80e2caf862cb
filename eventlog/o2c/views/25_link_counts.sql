-- How many references of each kind has each system to what others describe, and how many of them were found?
CREATE OR REPLACE VIEW o2c.link_counts AS
SELECT system, source_type, qualifier, target_type, string_agg(DISTINCT attribute, ', ' ORDER BY attribute) AS attributes,
       count(*) AS n, count(*) FILTER (state = 'matched') AS matched, count(*) FILTER (state = 'unmatched') AS unmatched, count(*) FILTER (state = 'ambiguous') AS ambiguous
FROM o2c.system_links
GROUP BY system, source_type, qualifier, target_type;
