-- In how many cases does an activity happen to different objects at different times?
WITH touched AS (
	SELECT r.case_object, e.activity, r.object, count(DISTINCT eo.event) AS events
	FROM w_reach AS r
	JOIN main.event_object AS eo ON eo.object = r.object
	JOIN main.event AS e ON e.event = eo.event
	WHERE r.object <> r.case_object
	GROUP BY ALL
), total AS (
	SELECT c.case_object, e.activity, count(*) AS events
	FROM case_event AS c JOIN main.event AS e USING (event)
	GROUP BY ALL
)
SELECT count(DISTINCT t.case_object)
FROM touched AS t JOIN total USING (case_object, activity)
WHERE t.events < total.events
