-- What happened before each event of a case, and is it the last one?
CREATE OR REPLACE TEMP TABLE steps AS
SELECT activity, time_us, lag(activity) OVER w AS prev, lag(time_us) OVER w AS prev_us,
       lead(activity) OVER w IS NULL AS last
FROM events
WINDOW w AS (PARTITION BY case_id ORDER BY time_us, rowid);
