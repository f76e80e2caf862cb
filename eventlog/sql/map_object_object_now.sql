-- Which objects belong together now?
CREATE OR REPLACE TEMP TABLE x_now AS
SELECT DISTINCT s.object AS source_object, t.object AS target_object, m.qualifier, m.quantity, m.amount, m.currency
FROM m_object_object AS m
JOIN m_number AS s ON s.type = m.source_type AND s.id = m.source_id
JOIN m_number AS t ON t.type = m.target_type AND t.id = m.target_id
