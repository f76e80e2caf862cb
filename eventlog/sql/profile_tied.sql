-- Which pairs of activities are they, and how often? More than 20 at one time are one kind.
WITH pattern AS (
	SELECT activities, count(*) AS times, row_number() OVER () AS n FROM p_undecided WHERE len(activities) <= 20 GROUP BY activities
), one AS (
	SELECT n, times, unnest(activities) AS activity FROM pattern
)
SELECT a.activity AS one, b.activity AS other, CAST(sum(a.times) AS BIGINT) AS times
FROM one AS a JOIN one AS b ON b.n = a.n AND a.activity < b.activity
GROUP BY ALL
ORDER BY times DESC, one, other
LIMIT $1
