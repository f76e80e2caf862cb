-- Which objects does each event touch, as what, and how often is that said?
CREATE TEMP TABLE o_event_object AS
SELECT e.event, n.object, coalesce(s.qualifier, '') AS qualifier, count(*) AS n, min(s.ord) AS ord
FROM {event_object} AS s
JOIN (SELECT event, id FROM main.event WHERE source = {source}) AS e ON e.id = md5_number(concat({source}, chr(31), s.event))
JOIN o_number AS n ON n.type = coalesce({prefix} || s.type, '') AND n.id = s.object
GROUP BY ALL
