-- Which way did each case take, and how long, in microseconds?
CREATE OR REPLACE TEMP TABLE paths AS
SELECT list(activity ORDER BY time_us, rowid) AS path, max(time_us) - min(time_us) AS duration_us
FROM events
GROUP BY case_id;
