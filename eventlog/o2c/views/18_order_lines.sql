-- What was ordered, promised, shipped and billed on each order line, and by whose hands?
-- Shipped and billed quantities are what stands: reversed goods issues and
-- cancelled invoices do not count. billed_amount is net of what was credited. full_ship_at is the goods issue with which
-- the shipped quantity reached the ordered one. Touches are decisions by a
-- person (or by nobody knows whom) up to the end of a scope: entry (confirmed),
-- fulfil (fully shipped), bill (fully billed), cash (paid); NULL while the end
-- is not reached. A quote sent before the customer ordered is no touch.
CREATE OR REPLACE VIEW o2c.order_lines AS
WITH
line AS (
	SELECT source_object AS line, min(target_object) AS order_object FROM o2c.links
	WHERE source_type = 'SalesOrderItem' AND qualifier = 'item of' AND target_type = 'SalesOrder' GROUP BY ALL
),
shipped AS (
	SELECT l.target_object AS line, d.shipped_at, d.delivery_id, coalesce(l.quantity, d.quantity) AS quantity,
	       sum(coalesce(l.quantity, d.quantity)) OVER (PARTITION BY l.target_object ORDER BY d.shipped_at, d.line_object) AS running
	FROM o2c.links l JOIN o2c.delivery_lines d ON d.line_object = l.source_object
	WHERE l.source_type = 'DeliveryItem' AND l.qualifier = 'fulfils' AND d.shipped_at IS NOT NULL
),
shipping AS (
	SELECT s.line, min(s.shipped_at) AS first_at, max(s.shipped_at) AS last_at, sum(s.quantity) AS quantity,
	       count(DISTINCT s.delivery_id) AS deliveries,
	       -- a line without a quantity is shipped and billed as a whole
	       CASE WHEN any_value(i.quantity) IS NULL THEN max(s.shipped_at) ELSE min(s.shipped_at) FILTER (abs(s.running) >= abs(i.quantity)) END AS full_at
	FROM shipped s JOIN objects."SalesOrderItem" i ON i.object = s.line GROUP BY ALL
),
first_shipment AS (
	SELECT s.line, sum(s.quantity) AS quantity FROM shipped s
	JOIN (SELECT line, min(shipped_at) AS since FROM shipped GROUP BY ALL) f ON f.line = s.line AND f.since = s.shipped_at
	GROUP BY ALL
),
delivering AS (
	SELECT l.target_object AS line, count(*) AS delivery_lines,
	       CASE WHEN count(*) FILTER (d.allocated_at IS NULL AND d.kind <> 'return') = 0 THEN max(d.allocated_at) END AS allocated_at,
	       min(d.created_at) AS delivery_created_at, max(d.delivered_at) AS delivered_at
	FROM o2c.links l JOIN o2c.delivery_lines d ON d.line_object = l.source_object
	WHERE l.source_type = 'DeliveryItem' AND l.qualifier = 'fulfils' AND d.cancelled_at IS NULL GROUP BY ALL
),
billing AS (
	SELECT l.target_object AS line,
	       sum(coalesce(l.quantity, i.quantity)) FILTER (i.kind = 'invoice' AND i.posted_at IS NOT NULL) AS quantity,
	       sum(coalesce(l.amount, i.net_amount)) FILTER (i.posted_at IS NOT NULL) AS amount,
	       sum(coalesce(l.amount, i.net_amount)) FILTER (i.posted_at IS NOT NULL AND i.kind = 'credit_memo') AS credited,
	       min(i.created_at) FILTER (i.kind = 'invoice') AS first_at,
	       max(i.created_at) FILTER (i.kind = 'invoice') AS last_at,
	       max(i.posted_at) FILTER (i.kind = 'invoice') AS last_posted_at
	FROM o2c.links l JOIN o2c.invoice_lines i ON i.line_object = l.source_object
	WHERE l.source_type = 'InvoiceItem' AND l.qualifier = 'bills' AND l.target_type = 'SalesOrderItem'
	  AND NOT i.is_cancelled AND i.kind <> 'cancellation' GROUP BY ALL
),
cash AS (
	SELECT oo.line_object AS line,
	       CASE WHEN count(*) = count(i.cleared_at) THEN max(i.cleared_at) END AS cleared_at,
	       CASE WHEN count(*) = count(i.paid_at) THEN max(i.paid_at) END AS paid_at,
	       sum(i.disputes) AS disputes, bool_or(i.credited_amount IS NOT NULL) AS is_credited
	FROM (SELECT DISTINCT line_object, object FROM o2c.order_objects WHERE object_type = 'Invoice' AND line_object IS NOT NULL) oo
	JOIN o2c.invoices i ON i.invoice_object = oo.object
	WHERE NOT i.is_cancelled AND i.kind = 'invoice' GROUP BY ALL
),
cancelled_invoice AS (
	SELECT oo.line_object AS line, count(DISTINCT oo.object) AS n
	FROM o2c.order_objects oo JOIN o2c.invoices i ON i.invoice_object = oo.object
	WHERE i.is_cancelled GROUP BY ALL
),
promise AS (
	SELECT l.target_object AS line, max(s.confirmed_date) AS confirmed_date,
	       sum(s.confirmed_quantity) FILTER (s.confirmed_date <= s.requested_date OR s.requested_date IS NULL) AS by_requested
	FROM o2c.links l JOIN objects."ScheduleLine" s ON s.object = l.source_object
	WHERE l.source_type = 'ScheduleLine' AND l.qualifier = 'promise for' GROUP BY ALL
),
first_promise AS (
	SELECT line, arg_min(day, (since, DATE '9999-12-31' - day)) FILTER (since IS NOT NULL) AS day FROM ( -- of several parts promised at once, when all of it is there
		SELECT coalesce(l.target_object, c.object) AS line, c.time AS since, coalesce(c.old_value, c.new_value)::DATE AS day
		FROM main.object_change c
		LEFT JOIN o2c.links l ON l.source_object = c.object AND l.source_type = 'ScheduleLine' AND l.qualifier = 'promise for'
		WHERE c.attribute = 'confirmed_date')
	GROUP BY ALL
),
changed AS (
	SELECT object, arg_min(old_value, (time, old_value)) FILTER (attribute = 'quantity') AS first_quantity,
	       arg_min(old_value, (time, old_value)) FILTER (attribute = 'requested_date') AS first_requested_date
	FROM main.object_change WHERE attribute IN ('quantity', 'requested_date') GROUP BY ALL
),
change_count AS (
	SELECT l.line, count(*) AS n, count(*) FILTER (c.after_confirmation) AS after_confirmation,
	       count(*) FILTER (c.minutes_after_creation > 15 OR NOT c.same_actor) AS after_entry
	FROM (SELECT line, line AS object FROM line UNION ALL SELECT line, order_object FROM line) l
	JOIN o2c.changes c ON c.object = l.object
	GROUP BY ALL
),
event AS (
	SELECT object AS line, min(time) FILTER (activity = 'Create Sales Order Item') AS created_at,
	       CASE WHEN arg_max(activity, (time, sequence, event)) FILTER (activity IN ('Reject Item', 'Restore Item')) = 'Reject Item'
	            THEN max(time) FILTER (activity = 'Reject Item') END AS rejected_at
	FROM o2c.object_events WHERE object_type = 'SalesOrderItem' GROUP BY ALL
),
base AS (
	SELECT i.*, l.order_object, m.order_id, o.id AS order_line_id,
	       m.received_at, m.created_at AS order_created_at, m.created_by, m.confirmed_at, m.released_at, m.cancelled_at,
	       coalesce(v.created_at, m.created_at) AS created_at, v.rejected_at,
	       s.first_at, s.last_at, s.quantity AS shipped_quantity, s.deliveries, s.full_at, f.quantity AS first_shipped_quantity,
	       d.allocated_at, d.delivery_created_at, d.delivered_at, coalesce(d.delivery_lines, 0) AS delivery_lines,
	       b.quantity AS billed_quantity, b.amount AS billed_amount, b.credited AS credited_amount, b.first_at AS first_billed_at, b.last_at AS last_billed_at,
	       b.last_posted_at, CASE WHEN i.quantity IS NULL THEN b.line IS NOT NULL ELSE abs(b.quantity) >= abs(i.quantity) END AS is_billed,
	       c.cleared_at, c.paid_at, c.disputes, c.is_credited, x.n AS cancelled_invoices
	FROM objects."SalesOrderItem" i
	JOIN main.object o ON o.object = i.object
	JOIN line l ON l.line = i.object
	LEFT JOIN o2c.order_milestones m ON m.order_object = l.order_object
	LEFT JOIN event v ON v.line = i.object
	LEFT JOIN shipping s ON s.line = i.object
	LEFT JOIN first_shipment f ON f.line = i.object
	LEFT JOIN delivering d ON d.line = i.object
	LEFT JOIN billing b ON b.line = i.object
	LEFT JOIN cash c ON c.line = i.object
	LEFT JOIN cancelled_invoice x ON x.line = i.object
),
-- each act once, though it may reach a line by itself and by its order
act AS (
	SELECT DISTINCT b.object AS line, e.event, e.actor_kind, e.acted_at AS time
	FROM base b
	JOIN o2c.order_events e ON e.order_object = b.order_object AND (e.line_object = b.object OR e.line_object IS NULL)
	WHERE e.class = 'decision' AND NOT coalesce(e.activity = 'Quote Sales Order' AND e.acted_at < b.received_at, FALSE)
),
touch AS (
	SELECT b.object AS line,
	       count(*) AS events,
	       count(*) FILTER (a.actor_kind NOT IN ('human', 'unknown')) AS automatic,
	       count(*) FILTER (a.actor_kind = 'human') AS human,
	       count(*) FILTER (a.actor_kind = 'human' AND a.time <= coalesce(b.confirmed_at, b.released_at)) AS human_entry,
	       count(*) FILTER (a.actor_kind = 'human' AND a.time <= b.full_at) AS human_fulfil,
	       count(*) FILTER (a.actor_kind = 'human' AND a.time <= b.last_posted_at) AS human_bill,
	       count(*) FILTER (a.actor_kind = 'human' AND a.time <= b.paid_at) AS human_cash,
	       count(*) FILTER (a.actor_kind = 'unknown') AS unknown,
	       count(*) FILTER (a.actor_kind = 'unknown' AND a.time <= coalesce(b.confirmed_at, b.released_at)) AS unknown_entry,
	       count(*) FILTER (a.actor_kind = 'unknown' AND a.time <= b.full_at) AS unknown_fulfil,
	       count(*) FILTER (a.actor_kind = 'unknown' AND a.time <= b.last_posted_at) AS unknown_bill,
	       count(*) FILTER (a.actor_kind = 'unknown' AND a.time <= b.paid_at) AS unknown_cash
	FROM base b JOIN act a ON a.line = b.object GROUP BY ALL
),
block AS (
	SELECT line, count(*) AS n, list_sort(list(DISTINCT kind)) AS kinds FROM (
		SELECT DISTINCT l.line, oo.object, k.kind
		FROM line l
		JOIN o2c.order_objects oo ON oo.order_object = l.order_object AND (oo.line_object = l.line OR oo.line_object IS NULL)
		JOIN objects."Block" k ON k.object = oo.object)
	GROUP BY ALL
),
failed AS (
	SELECT l.line, count(DISTINCT e.event) AS n
	FROM line l
	JOIN o2c.order_events e ON e.order_object = l.order_object AND (e.line_object = l.line OR e.line_object IS NULL)
	WHERE e.activity = 'Message Failed'
	  -- that an order came a second time and was refused is no failure of it
	  AND e.event NOT IN (SELECT eo.event FROM main.event_object eo JOIN o2c.messages m ON m.message_object = eo.object WHERE m.duplicate_of IS NOT NULL)
	GROUP BY ALL
)
SELECT b.order_line_id, b.order_id, b.position, mat.target_id AS material_id, mm.master_id AS material_master,
       cu.target_id AS customer_id, cm.master_id AS customer_master,
       coalesce(so.channel, '') AS channel, coalesce(so.kind, 'order') AS order_kind, so.site,
       b.quantity AS ordered_quantity, coalesce(TRY_CAST(ch.first_quantity AS DECIMAL(18,6)), b.quantity) AS first_ordered_quantity,
       coalesce(b.confirmed_quantity, p.by_requested) AS confirmed_quantity,
       coalesce(b.shipped_quantity, 0) AS shipped_quantity, coalesce(b.first_shipped_quantity, 0) AS first_shipped_quantity,
       coalesce(b.billed_quantity, 0) AS billed_quantity, b.unit,
       b.net_price::DECIMAL(38,6) AS net_price, b.net_value, TRY_CAST(coalesce(b.shipped_quantity, 0) * b.net_price::DECIMAL(38,6) AS DECIMAL(18,4)) AS shipped_value,
       TRY_CAST(coalesce(b.first_shipped_quantity, 0) * b.net_price::DECIMAL(38,6) AS DECIMAL(18,4)) AS first_shipped_value,
       coalesce(b.billed_amount, 0) AS billed_amount, coalesce(b.credited_amount, 0) AS credited_amount, b.currency,
       coalesce(b.requested_date, so.requested_date) AS requested_date,
       coalesce(TRY_CAST(coalesce(ch.first_requested_date, och.first_requested_date) AS DATE), b.requested_date, so.requested_date) AS first_requested_date,
       coalesce(b.first_confirmed_date, fp.day, b.confirmed_date, p.confirmed_date) AS first_confirmed_date,
       coalesce(b.confirmed_date, p.confirmed_date) AS confirmed_date,
       coalesce(b.delivery_relevant, TRUE) AS is_delivery_relevant, coalesce(b.billing_relevant, TRUE) AS is_billing_relevant,
       b.received_at, b.created_at, b.created_by, b.confirmed_at, b.released_at, b.allocated_at, b.delivery_created_at,
       b.first_at AS first_ship_at, b.full_at AS full_ship_at, b.last_at AS last_ship_at, b.delivered_at,
       b.first_billed_at, b.last_billed_at, b.last_posted_at AS billed_posted_at,
       b.cleared_at, CASE WHEN b.is_billed OR b.quantity IS NULL THEN b.paid_at END AS paid_at,
       b.cancelled_at, b.rejected_at, b.rejection_reason, b.rejected_by,
       b.rejection_reason IS NOT NULL OR b.rejected_at IS NOT NULL AS is_rejected,
       coalesce(b.is_billed, FALSE) AS is_billed, b.delivery_lines, coalesce(b.deliveries, 0) AS deliveries,
       coalesce(cc.n, 0) AS changes, coalesce(cc.after_confirmation, 0) AS changes_after_confirmation,
       coalesce(cc.after_entry, 0) AS changes_after_entry,
       coalesce(k.n, 0) AS blocks, k.kinds AS block_kinds, coalesce(fm.n, 0) AS message_failures,
       coalesce(b.cancelled_invoices, 0) AS cancelled_invoices, coalesce(b.is_credited, FALSE) AS is_credited,
       coalesce(b.disputes, 0) AS disputes,
       coalesce(t.events, 0) AS decision_events, coalesce(t.automatic, 0) AS automatic_events,
       coalesce(t.human, 0) AS human_touches, coalesce(t.unknown, 0) AS unknown_touches,
       CASE WHEN coalesce(b.confirmed_at, b.released_at) IS NOT NULL THEN coalesce(t.human_entry, 0) END AS human_touches_entry,
       CASE WHEN coalesce(b.confirmed_at, b.released_at) IS NOT NULL THEN coalesce(t.unknown_entry, 0) END AS unknown_touches_entry,
       CASE WHEN b.full_at IS NOT NULL THEN coalesce(t.human_fulfil, 0) END AS human_touches_fulfil,
       CASE WHEN b.full_at IS NOT NULL THEN coalesce(t.unknown_fulfil, 0) END AS unknown_touches_fulfil,
       CASE WHEN b.is_billed THEN coalesce(t.human_bill, 0) END AS human_touches_bill,
       CASE WHEN b.is_billed THEN coalesce(t.unknown_bill, 0) END AS unknown_touches_bill,
       CASE WHEN b.is_billed AND b.paid_at IS NOT NULL THEN coalesce(t.human_cash, 0) END AS human_touches_cash,
       CASE WHEN b.is_billed AND b.paid_at IS NOT NULL THEN coalesce(t.unknown_cash, 0) END AS unknown_touches_cash,
       b.object AS line_object, b.order_object
FROM base b
LEFT JOIN objects."SalesOrder" so ON so.object = b.order_object
LEFT JOIN o2c.links mat ON mat.source_object = b.object AND mat.qualifier = 'is of' AND mat.target_type = 'Material'
LEFT JOIN o2c.links cu ON cu.source_object = b.order_object AND cu.qualifier = 'sold to' AND cu.target_type = 'Customer'
LEFT JOIN o2c.masters mm ON mm.type = 'Material' AND mm.id = mat.target_id
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = cu.target_id
LEFT JOIN promise p ON p.line = b.object
LEFT JOIN first_promise fp ON fp.line = b.object
LEFT JOIN changed ch ON ch.object = b.object
LEFT JOIN changed och ON och.object = b.order_object
LEFT JOIN change_count cc ON cc.line = b.object
LEFT JOIN touch t ON t.line = b.object
LEFT JOIN block k ON k.line = b.object
LEFT JOIN failed fm ON fm.line = b.object;
