-- How far are two activities of two sources apart, where each happens once in a case?
-- near is how many differences are within five minutes of a whole number of hours other than none.
WITH f AS (
	SELECT f.* FROM p_first AS f SEMI JOIN p_sample USING (case_object) WHERE f.events = 1
), d AS (
	SELECT a.source AS source, a.activity AS activity, b.source AS other_source, b.activity AS other, b.first_us - a.first_us AS apart_us,
	       CAST(round((b.first_us - a.first_us) / 3600000000) AS BIGINT) AS hours
	FROM f AS a JOIN f AS b ON b.case_object = a.case_object AND a.source < b.source
)
SELECT source, activity, other_source, other, count(*) AS n, count(*) FILTER (WHERE apart_us < 0) AS negative, count(*) FILTER (WHERE apart_us > 0) AS positive,
       median(apart_us) AS median_us, mad(apart_us) AS mad_us,
       coalesce(median(apart_us) FILTER (WHERE apart_us < 0), 0) AS negative_us, coalesce(median(apart_us) FILTER (WHERE apart_us > 0), 0) AS positive_us,
       count(*) FILTER (WHERE hours <> 0 AND abs(apart_us - hours * 3600000000) <= 300000000) AS near,
       coalesce(quantile_disc(hours, 0.5) FILTER (WHERE hours <> 0 AND abs(apart_us - hours * 3600000000) <= 300000000), 0) AS near_hours
FROM d
GROUP BY ALL
HAVING count(*) >= $1
ORDER BY source, activity, other_source, other
