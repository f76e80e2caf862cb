-- Which groups were made of them, and which events beyond?
INSERT INTO r_touched
SELECT DISTINCT part, CASE WHEN part IS NULL THEN event END FROM r_key
WHERE source = $1 AND source_table = $2 AND source_key IN (SELECT key FROM r_row)
