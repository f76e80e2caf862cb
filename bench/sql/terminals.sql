-- How many cases start, and end, with each activity?
CREATE OR REPLACE TEMP TABLE terminals AS
SELECT 'start' AS part, activity, count(*) AS n FROM steps WHERE prev IS NULL GROUP BY ALL
UNION ALL
SELECT 'end', activity, count(*) FROM steps WHERE last GROUP BY ALL
ORDER BY part, activity;
