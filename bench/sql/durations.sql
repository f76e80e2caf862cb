-- How long do cases take, in microseconds?
CREATE OR REPLACE TEMP TABLE durations AS
SELECT count(*) AS n, quantile_cont(duration_us, 0.5) AS median_us
FROM paths;
