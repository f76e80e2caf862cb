-- Which texts does a column have in this log, and which code has each?
CREATE TEMP TABLE {labels} AS
SELECT label, CAST(row_number() OVER (ORDER BY label) - 1 AS UINTEGER) AS code
FROM (SELECT DISTINCT {column} AS label FROM main.event WHERE event IN (SELECT event FROM case_event) AND {column} IS NOT NULL)
