-- Which logs are there?
SELECT log, case_type, follow, items, lifecycle FROM main.known_log ORDER BY log
