-- What is usual for a figure of cases, and how much do they differ from it?
WITH d AS (
	SELECT {figure} AS x FROM p_case
), m AS (
	SELECT count(*) AS n, median(x) AS median, quantile_disc(x, 0.95) AS p95 FROM d
)
SELECT any_value(m.n) AS n, any_value(m.median) AS median, median(abs(d.x - m.median)) AS mad, avg(abs(d.x - m.median)) AS mean_deviation,
       CAST(any_value(m.p95) AS BIGINT) AS p95
FROM d, m
