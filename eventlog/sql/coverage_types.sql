-- How many objects of each type does a source describe?
SELECT type, count(*) FILTER (WHERE defined) AS objects FROM main.object WHERE source = $1 GROUP BY type ORDER BY type
