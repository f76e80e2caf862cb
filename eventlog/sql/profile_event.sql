-- Which events are profiled, in numbers only? local_us counts from 1970 on the clock of the reader's zone.
CREATE TEMP TABLE p_event AS
WITH e AS (
	SELECT e.event, e.id, a.code AS activity, s.code AS source, epoch_us(e.time) AS time_us, epoch_us(e.start) AS start_us,
	       e.precision = 'day' AS day, e.rank, CASE WHEN s.declared THEN e.sequence ELSE 0 END AS sequence,
	       hash(coalesce(e.lifecycle, ''), coalesce(e.instance, '')) AS life,
	       coalesce(greatest(e.time, e.start) > l.ended_at, false) AS late
	FROM main.event AS e
	JOIN p_source AS s ON s.source = e.source
	JOIN p_label AS a ON a.label = e.activity
	JOIN main.load AS l ON l.load = e.load
)
SELECT *, {local} AS local_us FROM e
