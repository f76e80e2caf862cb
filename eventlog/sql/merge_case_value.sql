-- What is the last value of each attribute of each staged case?
CREATE TEMP TABLE case_value AS
SELECT c.object{values}
FROM {staged} AS s JOIN staged_case AS c ON c.id = s."case"
GROUP BY c.object
