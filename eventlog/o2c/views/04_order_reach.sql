-- Which events reach which sales order, and which of its lines?
-- What a receipt is applied to besides the order's own entries is no event of the order.
CREATE OR REPLACE VIEW o2c.order_reach AS
SELECT DISTINCT oo.order_object, oo.line_object, eo.event
FROM o2c.order_objects oo
JOIN main.event_object eo ON eo.object = oo.object
WHERE NOT (oo.object_type = 'Receipt' AND eo.qualifier = 'applies');
