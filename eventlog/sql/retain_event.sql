-- Which group is each event in, and when was it? (no group where it touches master data only)
CREATE TEMP TABLE r_event AS
SELECT e.event, m.part, greatest(e.time, e.start) AS time
FROM main.event AS e
LEFT JOIN (SELECT eo.event, min(r.part) AS part FROM main.event_object AS eo JOIN r_member AS r USING (object) GROUP BY eo.event) AS m USING (event)
