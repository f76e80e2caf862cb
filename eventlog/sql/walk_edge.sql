-- Which of them belong together, in either direction?
CREATE TEMP TABLE w_edge AS
SELECT source_object AS a, target_object AS b
FROM main.object_object
WHERE source_object IN (SELECT object FROM w_object) AND target_object IN (SELECT object FROM w_object)
UNION
SELECT target_object AS a, source_object AS b
FROM main.object_object
WHERE source_object IN (SELECT object FROM w_object) AND target_object IN (SELECT object FROM w_object)
