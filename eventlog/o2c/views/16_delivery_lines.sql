-- What went out on each delivery line, and was it billed?
-- billed_at is the creation, billed_posted_at the posting of its earliest
-- invoice that was not cancelled. Shipped not invoiced: shipped_at is set,
-- is_billing_relevant, billed_posted_at is not. reallocations counts reservations
-- given up and changes of what was reserved.
CREATE OR REPLACE VIEW o2c.delivery_lines AS
WITH
fulfils AS (
	SELECT source_object AS line, count(*) AS n, min(target_object) AS order_line, min(target_id) AS order_line_id
	FROM o2c.links WHERE source_type = 'DeliveryItem' AND qualifier = 'fulfils' GROUP BY ALL
),
event AS (
	SELECT object AS line,
	       CASE WHEN arg_max(activity, (time, sequence, event)) = 'Post Goods Issue' THEN max(time) END AS shipped_at,
	       count(*) AS n, bool_or(precision = 'day') AS to_day
	FROM o2c.object_events
	WHERE object_type = 'DeliveryItem' AND activity IN ('Post Goods Issue', 'Reverse Goods Issue') GROUP BY ALL
),
reserved AS (
	SELECT l.target_object AS line, sum(coalesce(l.quantity, a.quantity)) FILTER (coalesce(a.status, '') <> 'cancelled') AS quantity,
	       count(*) FILTER (a.status = 'cancelled') AS given_up
	FROM o2c.links l JOIN objects."Allocation" a ON a.object = l.source_object
	WHERE l.source_type = 'Allocation' AND l.qualifier = 'reserves for' AND l.target_type = 'DeliveryItem' GROUP BY ALL
),
picked AS (
	SELECT l.target_object AS line, sum(t.actual_quantity) AS quantity, sum(t.target_quantity) AS target
	FROM o2c.links l JOIN objects."WarehouseTask" t ON t.object = l.source_object
	WHERE l.source_type = 'WarehouseTask' AND l.qualifier = 'picks' GROUP BY ALL
),
billed AS (
	SELECT l.target_object AS line, min(i.created_at) AS billed_at, min(i.posted_at) AS posted_at,
	       sum(coalesce(l.quantity, i.quantity)) FILTER (i.posted_at IS NOT NULL) AS quantity
	FROM o2c.links l JOIN o2c.invoice_lines i ON i.line_object = l.source_object
	WHERE l.source_type = 'InvoiceItem' AND l.qualifier = 'bills' AND l.target_type = 'DeliveryItem'
	  AND NOT i.is_cancelled AND i.kind = 'invoice' GROUP BY ALL
),
-- only where the invoice knows no delivery lines: by the order line, once the line is billed in full
order_billed AS (
	SELECT l.target_object AS order_line, min(i.created_at) AS billed_at, min(i.posted_at) AS posted_at
	FROM o2c.links l JOIN o2c.invoice_lines i ON i.line_object = l.source_object
	WHERE l.source_type = 'InvoiceItem' AND l.qualifier = 'bills' AND l.target_type = 'SalesOrderItem'
	  AND NOT i.is_cancelled AND i.kind = 'invoice' AND i.delivery_lines = 0 GROUP BY ALL
),
changed AS (
	SELECT object AS line, count(*) AS n FROM main.object_change
	WHERE attribute IN ('batch', 'location', 'allocated_quantity', 'material') GROUP BY ALL
)
SELECT o.id AS delivery_line_id, d.delivery_id, d.kind, i.position, i.status,
       CASE WHEN f.n = 1 THEN f.order_line_id END AS order_line_id,
       CASE WHEN f.n = 1 THEN so.target_id END AS order_id,
       m.target_id AS material_id, mm.master_id AS material_master,
       i.quantity, i.unit, coalesce(i.allocated_quantity, a.quantity) AS allocated_quantity,
       coalesce(i.picked_quantity, p.quantity) AS picked_quantity,
       coalesce(p.target, i.allocated_quantity, a.quantity) AS pick_target_quantity,
       coalesce(c.n, 0) + coalesce(a.given_up, 0) AS reallocations,
       coalesce(i.net_price, si.net_price)::DECIMAL(38,6) AS net_price,
       TRY_CAST(i.quantity * coalesce(i.net_price, si.net_price)::DECIMAL(38,6) AS DECIMAL(18,4)) AS net_value,
       coalesce(i.currency, si.currency) AS currency,
       coalesce(i.billing_relevant, TRUE) AND coalesce(si.billing_relevant, TRUE) AS is_billing_relevant,
       d.created_at, d.allocated_at, d.pick_started_at, d.picked_at, d.packed_at,
       CASE WHEN v.n > 0 THEN v.shipped_at ELSE d.shipped_at END AS shipped_at,
       d.delivered_at, d.returned_at, d.cancelled_at, d.day_precision, CASE WHEN v.n > 0 THEN v.to_day ELSE d.shipped_to_day END AS shipped_to_day, d.site, d.carrier,
       coalesce(b.billed_at, ob.billed_at) AS billed_at, coalesce(b.posted_at, ob.posted_at) AS billed_posted_at,
       b.quantity AS billed_quantity,
       i.object AS line_object, d.delivery_object, f.order_line AS order_line_object
FROM objects."DeliveryItem" i
JOIN main.object o ON o.object = i.object
LEFT JOIN o2c.links dl ON dl.source_object = i.object AND dl.qualifier = 'item of' AND dl.target_type = 'Delivery'
LEFT JOIN o2c.deliveries d ON d.delivery_object = dl.target_object
LEFT JOIN fulfils f ON f.line = i.object
LEFT JOIN objects."SalesOrderItem" si ON si.object = f.order_line
LEFT JOIN o2c.links so ON so.source_object = f.order_line AND so.qualifier = 'item of' AND so.target_type = 'SalesOrder'
LEFT JOIN o2c.links m ON m.source_object = f.order_line AND m.qualifier = 'is of' AND m.target_type = 'Material'
LEFT JOIN o2c.masters mm ON mm.type = 'Material' AND mm.id = m.target_id
LEFT JOIN event v ON v.line = i.object
LEFT JOIN reserved a ON a.line = i.object
LEFT JOIN picked p ON p.line = i.object
LEFT JOIN billed b ON b.line = i.object
LEFT JOIN order_billed ob ON ob.order_line = f.order_line
LEFT JOIN changed c ON c.line = i.object;
