-- Which objects does each event touch now?
CREATE OR REPLACE TEMP TABLE x_now AS
SELECT DISTINCT e.event, n.object, m.qualifier, m.quantity, m.amount, m.currency
FROM m_event_object AS m
JOIN m_event_number AS e ON e.key = m.event_key
JOIN m_number AS n ON n.type = m.type AND n.id = m.id
WHERE e.event NOT IN (SELECT event FROM main.settled_event)
