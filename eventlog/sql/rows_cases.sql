-- Which cases are there, and how many events has each?
CREATE TEMP TABLE log_case AS
SELECT c.case_object, o.id, c.events
FROM (SELECT case_object, count(*) AS events FROM case_event GROUP BY case_object) AS c
JOIN main.object AS o ON o.object = c.case_object
ORDER BY c.case_object
