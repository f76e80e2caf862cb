-- Which number does each of the mapping's events have?
CREATE TEMP TABLE m_event_number AS
SELECT m.key, e.event
FROM m_event AS m JOIN (SELECT event, id FROM main.event WHERE source = $1) AS e USING (id)
