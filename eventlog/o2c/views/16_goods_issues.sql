-- Which goods left, when, for which order line, and was the goods issue taken back?
-- One row a goods issue of a delivery line, and order line that it fulfils. It stands from issued_at on, until
-- taken_back_at: a reversal, or another goods issue of the same line. Empty: it stands, and is shipped_at of o2c.delivery_lines.
CREATE OR REPLACE VIEW o2c.goods_issues AS
WITH
own AS (
	SELECT object AS line, activity, time, sequence, event FROM o2c.object_events
	WHERE object_type = 'DeliveryItem' AND activity IN ('Post Goods Issue', 'Reverse Goods Issue')
),
delivery AS (
	SELECT object AS delivery, activity, time, sequence, event FROM o2c.object_events
	WHERE object_type IN ('Delivery', 'Shipment') AND activity IN ('Post Goods Issue', 'Reverse Goods Issue')
	UNION ALL
	SELECT l.source_object, e.activity, e.time, e.sequence, e.event FROM o2c.links l JOIN o2c.object_events e ON e.object = l.target_object
	WHERE l.source_type = 'Delivery' AND l.qualifier = 'shipped with' AND e.activity IN ('Post Goods Issue', 'Reverse Goods Issue')
),
-- what a line does not say of itself, its delivery does
said AS (
	FROM own
	UNION ALL
	SELECT d.line_object, v.activity, v.time, v.sequence, v.event
	FROM delivery v JOIN o2c.delivery_lines d ON d.delivery_object = v.delivery
	WHERE d.line_object NOT IN (SELECT line FROM own)
),
issue AS (
	SELECT line, activity, time AS issued_at, lead(time) OVER (PARTITION BY line ORDER BY time, sequence, event) AS taken_back_at FROM said
)
SELECT d.delivery_line_id, d.delivery_id, l.target_id AS order_line_id, coalesce(l.quantity, d.quantity) AS quantity, d.unit,
       i.issued_at, i.taken_back_at, d.site, d.carrier, i.line AS line_object, d.delivery_object, l.target_object AS order_line_object
FROM issue i
JOIN o2c.delivery_lines d ON d.line_object = i.line
LEFT JOIN o2c.links l ON l.source_object = i.line AND l.source_type = 'DeliveryItem' AND l.qualifier = 'fulfils'
WHERE i.activity = 'Post Goods Issue';
