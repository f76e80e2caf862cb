-- Which events of a case begin at the same time?
CREATE TEMP TABLE p_tie AS
SELECT case_object, begin_us, count(*) AS events
FROM p_step
WHERE NOT day
GROUP BY case_object, begin_us
HAVING count(*) > 1
