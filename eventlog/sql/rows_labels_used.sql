-- Which texts does a column have in this log, and which code has each?
CREATE OR REPLACE TEMP TABLE {labels} AS
SELECT label, row_number() OVER (ORDER BY label) - 1 AS code
FROM {labels}
WHERE code IN (SELECT unnest($1::BIGINT[]))
