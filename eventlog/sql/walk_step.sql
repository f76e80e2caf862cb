-- Which items are reached from those just reached?
CREATE OR REPLACE TEMP TABLE w_next AS
SELECT DISTINCT f.case_object, e.b AS object
FROM w_front AS f
JOIN w_object AS i ON i.object = f.object AND i.kind = 0
JOIN w_edge AS e ON e.a = f.object
JOIN w_free AS n ON n.object = e.b
ANTI JOIN w_reach AS r ON r.case_object = f.case_object AND r.object = e.b
