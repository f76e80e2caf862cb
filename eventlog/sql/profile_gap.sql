-- Which spells without any event are far longer than is usual?
-- A source that stops before the others has a gap to the log's last day, one that begins later from its first.
WITH bounded AS (
	SELECT level, source, activity, day, true AS real FROM p_day
	UNION
	SELECT DISTINCT d.level, d.source, d.activity, l.day, false
	FROM p_day AS d, (SELECT unnest([min(day), max(day)]) AS day FROM p_day WHERE level = 0) AS l
	WHERE d.level = 1 AND NOT EXISTS (SELECT 1 FROM p_day AS x WHERE x.level = 1 AND x.source = d.source AND x.day = l.day)
), stride AS (
	SELECT *, lag(day) OVER w AS before, day - lag(day) OVER w AS days, real AND lag(real) OVER w AS inner_gap
	FROM bounded
	WINDOW w AS (PARTITION BY level, source, activity ORDER BY day)
), usual AS (
	SELECT level, source, activity, count(*) FILTER (WHERE real) AS n, quantile_disc(days, 0.95) FILTER (WHERE inner_gap) AS p95
	FROM stride
	GROUP BY ALL
)
SELECT s.level, s.source, s.activity, s.before, s.day, u.p95
FROM stride AS s JOIN usual AS u USING (level, source, activity)
WHERE u.n >= $1 AND s.days > 3 * u.p95
ORDER BY s.level, s.days DESC, s.source, s.activity, s.before
