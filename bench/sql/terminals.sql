-- How many cases start, and end, with each activity?
CREATE OR REPLACE TEMP TABLE terminals AS
SELECT 'start' AS part, path[1] AS activity, sum(n)::BIGINT AS n FROM variants GROUP BY ALL
UNION ALL
SELECT 'end', path[-1], sum(n)::BIGINT FROM variants GROUP BY ALL
ORDER BY part, activity;
