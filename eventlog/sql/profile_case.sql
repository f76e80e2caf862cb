-- From when to when does each case last, and how many events has it?
CREATE TEMP TABLE p_case AS
SELECT case_object, count(*) AS events, min(begin_us) AS first_us, max(end_us) AS last_us
FROM p_step
GROUP BY case_object
