-- Which waits are far beyond what is usual between two activities, and not short anyway?
CREATE TEMP TABLE p_long AS
WITH usual AS (
	SELECT "from", "to", median(wait_us) AS median, quantile_disc(wait_us, 0.95) AS p95 FROM p_wait GROUP BY ALL HAVING count(*) >= $1
), spread AS (
	SELECT "from", "to", any_value(u.median) AS median, any_value(u.p95) AS p95, median(abs(w.wait_us - u.median)) AS mad, avg(abs(w.wait_us - u.median)) AS deviation
	FROM p_wait AS w JOIN usual AS u USING ("from", "to")
	GROUP BY ALL
), bound AS (
	SELECT "from", "to", median, greatest($2, 3 * p95, median + 10 * CASE WHEN mad > 0 THEN mad ELSE 1.2533 * deviation END) AS limit_us
	FROM spread
	WHERE deviation > 0
)
SELECT w."from", w."to", w.wait_us, w.event, w.id, b.median, b.limit_us
FROM p_wait AS w JOIN bound AS b USING ("from", "to")
WHERE w.wait_us > b.limit_us
