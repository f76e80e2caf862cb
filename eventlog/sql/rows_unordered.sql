-- How many loads have events that their sequence does not tell apart from others of their source?
SELECT count(*)
FROM (
	SELECT min(sequence::HUGEINT - event) <> max(sequence::HUGEINT - event) AS loose,
	       min(sequence) <= max(max(sequence)) OVER (PARTITION BY source ORDER BY min(sequence) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS overlapping
	FROM main.event
	WHERE event BETWEEN $1 AND $2
	GROUP BY source, load
)
WHERE loose OR overlapping
