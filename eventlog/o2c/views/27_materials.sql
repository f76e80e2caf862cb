-- What is sold?
CREATE OR REPLACE VIEW o2c.materials AS
SELECT o.id AS material_id, m.number AS material_number, m.name AS material_name, m.material_group, m.unit, m.object AS material_object
FROM objects."Material" m JOIN main.object o ON o.object = m.object;
