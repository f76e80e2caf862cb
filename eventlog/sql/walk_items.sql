-- Which items are directly those of a case object?
CREATE TEMP TABLE w_front AS
SELECT DISTINCT c.object AS case_object, i.object
FROM w_object AS c
JOIN w_edge AS e ON e.a = c.object
JOIN w_object AS i ON i.object = e.b AND i.kind = 0
WHERE c.kind = -1
