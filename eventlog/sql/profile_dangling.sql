-- Which relations lead to objects that no source describes?
-- An event's relation is its source's; an undescribed object on either end counts.
CREATE TEMP TABLE p_dangling AS
WITH unknown AS (
	SELECT object, type, id FROM p_object WHERE NOT defined
)
SELECT r.source, s.type AS "from", r.qualifier, u.type AS "to", u.type AS type, u.id, s.id AS other
FROM main.object_object AS r JOIN unknown AS u ON u.object = r.target_object JOIN p_object AS s ON s.object = r.source_object
UNION ALL
SELECT r.source, u.type, r.qualifier, t.type, u.type, u.id, t.id
FROM main.object_object AS r JOIN unknown AS u ON u.object = r.source_object JOIN p_object AS t ON t.object = r.target_object AND t.defined
UNION ALL
SELECT p.source, l.label, eo.qualifier, u.type, u.type, u.id, ''
FROM main.event_object AS eo JOIN unknown AS u ON u.object = eo.object JOIN p_event AS e ON e.event = eo.event
JOIN p_label AS l ON l.code = e.activity JOIN p_source AS p ON p.code = e.source
