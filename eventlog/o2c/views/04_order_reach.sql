-- Which events reach which sales order, and which of its lines?
CREATE OR REPLACE VIEW o2c.order_reach AS
SELECT DISTINCT oo.order_object, oo.line_object, eo.event
FROM o2c.order_objects oo
JOIN main.event_object eo ON eo.object = oo.object;
