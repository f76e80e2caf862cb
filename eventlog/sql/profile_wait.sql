-- How long does each event wait for the one before it in its case?
-- Events of one time stand as the log has them, and where nothing decides by name: the order of loads must not.
CREATE TEMP TABLE p_wait AS
SELECT "from", activity AS "to", wait_us, event, id
FROM (
	SELECT lag(activity) OVER w AS "from", activity, begin_us - lag(end_us) OVER w AS wait_us, event, id
	FROM p_step
	WHERE NOT day
	WINDOW w AS (PARTITION BY case_object ORDER BY begin_us, rank, end_us, sequence, activity, id)
)
WHERE wait_us >= 0
