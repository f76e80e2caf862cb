-- Which object is each number of a staged case?
CREATE TEMP TABLE case_number AS
SELECT l.number, c.object
FROM {labels} AS l JOIN staged_case AS c ON c.id = l."case"
