-- Which objects have events, how many, and of which type is each? (read as the case's id)
CREATE TEMP TABLE log_case AS
SELECT c.case_object, o.type AS id, c.events
FROM (SELECT case_object, count(*) AS events FROM case_event GROUP BY case_object) AS c
JOIN main.object AS o ON o.object = c.case_object
ORDER BY c.case_object
