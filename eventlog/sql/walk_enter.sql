-- Which documents of one type belong to the case object, to its items, or to a document entered before?
CREATE OR REPLACE TEMP TABLE w_enter AS
SELECT DISTINCT r.case_object, d.object
FROM w_reach AS r
JOIN w_edge AS e ON e.a = r.object
JOIN w_object AS d ON d.object = e.b AND d.kind = $1
ANTI JOIN w_reach AS k ON k.case_object = r.case_object AND k.object = d.object
