-- Which of them are linked by their header only, and which items do those bring?
CREATE OR REPLACE TEMP TABLE w_front AS
WITH by_item AS (
	SELECT r.case_object, e.b AS object
	FROM w_reach AS r
	JOIN w_object AS i ON i.object = r.object AND i.kind = 0
	JOIN w_edge AS e ON e.a = r.object
)
SELECT DISTINCT h.case_object, n.object
FROM (FROM w_enter ANTI JOIN by_item USING (case_object, object)) AS h
JOIN w_edge AS e ON e.a = h.object
JOIN w_free AS n ON n.object = e.b
ANTI JOIN w_reach AS r ON r.case_object = h.case_object AND r.object = n.object
