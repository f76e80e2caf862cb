-- Which activity directly followed which, how often, and after how long, in microseconds?
CREATE OR REPLACE TEMP TABLE arcs AS
SELECT prev AS from_activity, activity AS to_activity, count(*) AS n,
       quantile_cont(time_us - prev_us, 0.5) AS median_us
FROM (
    SELECT activity, time_us, lag(activity) OVER steps AS prev, lag(time_us) OVER steps AS prev_us
    FROM events
    WINDOW steps AS (PARTITION BY case_id ORDER BY time_us, seq)
)
WHERE prev IS NOT NULL
GROUP BY ALL
ORDER BY from_activity, to_activity;
