-- How many events occur in more than one case?
SELECT count(*) FROM (SELECT event FROM case_event GROUP BY event HAVING count(*) > 1)
