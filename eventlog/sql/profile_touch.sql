-- Which objects does each event touch, as far as it matters for case notions?
CREATE TEMP TABLE p_touch AS
SELECT DISTINCT eo.event, eo.object, o.type
FROM main.event_object AS eo JOIN p_object AS o USING (object)
