-- Which is the last event of each load of a log? (their numbers follow the order of arrival)
SELECT max(event) AS last FROM main.event WHERE source = $1 GROUP BY load ORDER BY last
