-- How many pairs of objects meet in some event, by their types?
SELECT least(ta, tb) AS from_type, greatest(ta, tb) AS to_type, count(*) AS edges
FROM (
	SELECT DISTINCT a.object AS a, b.object AS b, a.type AS ta, b.type AS tb
	FROM step AS a JOIN step AS b ON b.event = a.event AND b.object > a.object
)
GROUP BY from_type, to_type
ORDER BY from_type, to_type
