-- Which events of a case stand before (or after) the one that makes (or ends) it?
CREATE OR REPLACE TEMP TABLE p_outside AS
WITH edge AS (
	SELECT case_object, min(first_us) AS first_us, max(last_us) AS last_us FROM p_first WHERE activity = $1 GROUP BY case_object
)
SELECT s.event, s.id, s.activity, s.begin_us
FROM p_step AS s JOIN edge AS g USING (case_object)
WHERE NOT s.day AND {condition}
