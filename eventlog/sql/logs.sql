-- Which logs are there?
SELECT log, case_type, follow, items FROM main.log ORDER BY log
