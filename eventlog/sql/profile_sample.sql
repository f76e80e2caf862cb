-- Which cases stand for all where pairs of activities are compared? Those with the smallest hashes of their ids.
CREATE TEMP TABLE p_sample AS
SELECT c.case_object
FROM p_case AS c JOIN main.object AS o ON o.object = c.case_object
ORDER BY hash(o.id), o.id
LIMIT $1
