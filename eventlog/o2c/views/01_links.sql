-- Which object is related to which, by type and business key?
CREATE OR REPLACE VIEW o2c.links AS
SELECT r.source_object, s.type AS source_type, s.id AS source_id, r.qualifier,
       r.target_object, t.type AS target_type, t.id AS target_id,
       r.quantity, r.amount, r.currency
FROM main.object_object r
JOIN main.object s ON s.object = r.source_object
JOIN main.object t ON t.object = r.target_object;
