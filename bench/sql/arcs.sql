-- Which activity directly followed which, how often, and after how long, in microseconds?
CREATE OR REPLACE TEMP TABLE arcs AS
SELECT from_activity, to_activity, n, us[1] AS median_us, us[2] AS p95_us
FROM (
    SELECT prev AS from_activity, activity AS to_activity, count(*) AS n,
           quantile_cont(time_us - prev_us, [0.5, 0.95]) AS us
    FROM steps
    WHERE prev IS NOT NULL
    GROUP BY ALL
)
ORDER BY from_activity, to_activity;
