-- Which of them hang together, directly or by an event?
SELECT source_object AS a, target_object AS b
FROM main.object_object
WHERE source_object IN (SELECT object FROM r_object) AND target_object IN (SELECT object FROM r_object)
UNION ALL
SELECT f.first AS a, eo.object AS b
FROM main.event_object AS eo
JOIN (SELECT event, min(object) AS first FROM main.event_object WHERE object IN (SELECT object FROM r_object) GROUP BY event) AS f USING (event)
WHERE eo.object <> f.first AND eo.object IN (SELECT object FROM r_object)
