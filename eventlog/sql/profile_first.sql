-- When does each activity of a source happen in each case?
CREATE TEMP TABLE p_first AS
SELECT case_object, source, activity, count(*) AS events, min(begin_us) AS first_us, max(end_us) AS last_us
FROM p_step
WHERE NOT day
GROUP BY case_object, source, activity
