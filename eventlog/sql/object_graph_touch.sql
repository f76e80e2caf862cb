-- How many objects of each type does each event touch, and how many of them begin, end, or only live in it?
CREATE TEMP TABLE touch AS
SELECT event, type, count(*) AS n, count_if(before = 0) AS born, count_if(last) AS died, count_if(before = 0 AND last) AS brief
FROM step
GROUP BY event, type
