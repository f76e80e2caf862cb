-- Which texts does a column have between two events, and which code has each?
CREATE TEMP TABLE {labels} AS
SELECT label, row_number() OVER (ORDER BY label) - 1 AS code
FROM (SELECT DISTINCT {column} AS label FROM main.event WHERE event BETWEEN {low} AND {high} AND {column} IS NOT NULL)
