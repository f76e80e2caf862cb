-- How far is each delivery, and when did it pass each step?
-- shipped_at is the last goods issue that was not reversed; reversals says how
-- many there were. A return has returned_at in place of shipped_at.
CREATE OR REPLACE VIEW o2c.deliveries AS
WITH
event AS (
	SELECT object AS delivery,
	       min(time) FILTER (activity IN ('Create Delivery', 'Create Return Delivery')) AS created_at,
	       min(time) FILTER (activity = 'Allocate Stock') AS allocated_at,
	       min(time) FILTER (activity = 'Start Picking') AS pick_started_at,
	       max(time) FILTER (activity = 'Pick') AS picked_at,
	       max(time) FILTER (activity = 'Pack') AS packed_at,
	       CASE WHEN arg_max(activity, (time, sequence, event)) FILTER (activity IN ('Post Goods Issue', 'Reverse Goods Issue')) = 'Post Goods Issue'
	            THEN max(time) FILTER (activity = 'Post Goods Issue') END AS shipped_at,
	       count(*) FILTER (activity = 'Reverse Goods Issue') AS reversals,
	       count(*) FILTER (activity = 'Deallocate Stock') AS deallocations,
	       min(time) FILTER (activity = 'Start Transport') AS transport_started_at,
	       max(time) FILTER (activity IN ('Proof of Delivery', 'End Transport')) AS delivered_at,
	       max(time) FILTER (activity = 'Proof of Delivery') AS proof_at,
	       max(time) FILTER (activity = 'Receive Return') AS returned_at,
	       bool_or(precision = 'day') AS day_precision, bool_or(precision = 'day' AND activity = 'Post Goods Issue') AS shipped_to_day
	FROM (FROM o2c.object_events WHERE object_type IN ('Delivery', 'Shipment')
	      UNION ALL BY NAME
	      SELECT e.* REPLACE (l.source_object AS object) FROM o2c.links l
	      JOIN o2c.object_events e ON e.object = l.target_object
	      WHERE l.source_type = 'Delivery' AND l.qualifier = 'shipped with')
	GROUP BY ALL
),
-- A cancelled delivery comes back by what the system that cancelled it says
-- later: another system's clock may be ahead.
cancelled AS (
	SELECT delivery, max(since) AS cancelled_at FROM (
		SELECT object AS delivery,
		       CASE WHEN arg_max(activity, (time, sequence, event)) = 'Cancel Delivery' THEN max(time) FILTER (activity = 'Cancel Delivery') END AS since
		FROM o2c.object_events
		WHERE object_type = 'Delivery' AND activity IN ('Cancel Delivery', 'Reset Delivery', 'Wait for Stock', 'Allocate Stock', 'Pick', 'Pack', 'Post Goods Issue')
		GROUP BY object, source)
	GROUP BY ALL
),
orders AS (
	SELECT oo.object AS delivery, count(DISTINCT oo.order_object) AS n, min(o.id) AS order_id
	FROM o2c.order_objects oo JOIN main.object o ON o.object = oo.order_object
	WHERE oo.object_type = 'Delivery' GROUP BY ALL
)
SELECT o.id AS delivery_id, d.number AS delivery_number, coalesce(d.kind, 'outbound') AS kind, d.status, d.site, d.carrier,
       CASE WHEN s.n = 1 THEN s.order_id END AS order_id, coalesce(s.n, 0) AS orders,
       d.first_planned_date, d.planned_date, d.goods_issue_date,
       v.created_at, v.allocated_at, v.pick_started_at, v.picked_at, v.packed_at, v.shipped_at,
       coalesce(v.reversals, 0) AS reversals, coalesce(v.deallocations, 0) AS deallocations,
       v.transport_started_at, coalesce(v.proof_at, v.delivered_at) AS delivered_at, v.returned_at, x.cancelled_at,
       coalesce(v.day_precision, FALSE) AS day_precision, coalesce(v.shipped_to_day, FALSE) AS shipped_to_day, d.object AS delivery_object
FROM objects."Delivery" d
JOIN main.object o ON o.object = d.object
LEFT JOIN event v ON v.delivery = d.object
LEFT JOIN cancelled x ON x.delivery = d.object
LEFT JOIN orders s ON s.delivery = d.object;
