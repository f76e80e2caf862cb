-- Which object is each staged case, where all are new, and each has a number of its own and events?
CREATE TEMP TABLE staged_case AS
SELECT "case" AS id, $1 + number + 1 AS object, true AS fresh
FROM {labels}
