-- Which activities occur in these sources, and which code has each?
CREATE TEMP TABLE p_label AS
SELECT label, CAST(row_number() OVER (ORDER BY label) - 1 AS UINTEGER) AS code
FROM (SELECT DISTINCT activity AS label FROM main.event WHERE source IN (SELECT source FROM p_source))
