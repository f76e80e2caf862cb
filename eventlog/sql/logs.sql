-- Which logs are there?
SELECT log, case_type, follow, items, lifecycle FROM main.log ORDER BY log
