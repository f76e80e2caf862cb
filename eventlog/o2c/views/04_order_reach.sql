-- Which events reach which sales order, and which of its lines?
-- What a receipt is applied to besides the order's own entries is no event of the order.
-- once is true in one row of each event: whoever counts events takes that one.
CREATE OR REPLACE VIEW o2c.order_reach AS
WITH reach AS MATERIALIZED (
	SELECT DISTINCT oo.order_object, oo.line_object, eo.event
	FROM o2c.order_objects oo
	JOIN main.event_object eo ON eo.object = oo.object
	WHERE NOT (oo.object_type = 'Receipt' AND eo.qualifier = 'applies')
)
SELECT r.order_object, r.line_object, r.event, (r.order_object, coalesce(r.line_object, 0)) = f.place AS once
FROM reach r
JOIN (SELECT event, min((order_object, coalesce(line_object, 0))) AS place FROM reach GROUP BY event) f ON f.event = r.event;
