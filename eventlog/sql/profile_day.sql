-- On which days was there anything, in the whole log, in each source, of each activity?
CREATE TEMP TABLE p_day AS
WITH one AS (
	SELECT source, activity, local_us // 86400000000 AS day, count(*) AS events FROM p_event WHERE local_us IS NOT NULL GROUP BY ALL
)
SELECT 0 AS level, -1 AS source, -1 AS activity, day FROM one GROUP BY day
UNION ALL
SELECT 1, source, -1, day FROM one GROUP BY source, day
UNION ALL
SELECT 2, source, activity, day FROM one GROUP BY source, activity, day
