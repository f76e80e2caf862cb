-- Which ways are there, how many cases took each, and how long, in microseconds?
-- Grouping by the hash of a path is several times faster than by the path.
CREATE OR REPLACE TEMP TABLE variants AS
SELECT any_value(path) AS path, count(*) AS n, quantile_cont(duration_us, 0.5) AS median_us
FROM paths
GROUP BY hash(path)
ORDER BY n DESC;
