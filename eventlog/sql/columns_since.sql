-- Which loads changed a log since, and how many events and objects did they bring?
SELECT coalesce(list(load ORDER BY load), []) AS loads
FROM main.load
WHERE load > $2 AND source IN (SELECT source FROM main.log_source WHERE log = $1)
