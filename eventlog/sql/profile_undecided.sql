-- Which of them nothing that was recorded puts in order: not the rank, not the end, not a sequence of the source?
CREATE TEMP TABLE p_undecided AS
SELECT s.case_object, s.begin_us, count(*) AS events, list_sort(list(DISTINCT s.activity)) AS activities, arg_min(s.event, s.id) AS event, min(s.id) AS id
FROM p_step AS s SEMI JOIN p_tie AS t ON t.case_object = s.case_object AND t.begin_us = s.begin_us
WHERE NOT s.day
GROUP BY s.case_object, s.begin_us, s.rank, s.end_us, s.sequence
HAVING count(DISTINCT s.activity) > 1
