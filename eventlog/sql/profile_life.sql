-- In how many cases does an activity occur, just once, at the very beginning, at the very end?
SELECT f.activity, count(*) AS cases, count(*) FILTER (WHERE f.events = 1) AS once,
       count(*) FILTER (WHERE f.first_us = c.first_us) AS begins, count(*) FILTER (WHERE f.last_us = c.last_us) AS ends
FROM (
	SELECT case_object, activity, CAST(sum(events) AS BIGINT) AS events, min(first_us) AS first_us, max(last_us) AS last_us
	FROM p_first GROUP BY case_object, activity
) AS f
JOIN p_case AS c USING (case_object)
GROUP BY f.activity
ORDER BY cases DESC, f.activity
