-- How far is each sales order, when did it pass each step, and by whose hands?
-- full_ship_at: every line that is not rejected is shipped in full. paid_at:
-- every such line is billed in full and every invoice of the order is cleared,
-- by cash; cleared_at: the same by whatever means. Prepaid orders may be paid
-- before they ship. rejected_at: when the last of its lines was rejected, if all are. Touches: see o2c.order_lines.
-- day_times are the instants of its events that are known to the day only: a milestone among them is a day.
CREATE OR REPLACE VIEW o2c.orders AS
WITH
line AS (
	SELECT order_object, count(*) AS lines, count(*) FILTER (NOT is_rejected) AS live_lines,
	       count(*) FILTER (is_rejected) AS rejected_lines,
	       min(requested_date) AS requested_date, max(first_confirmed_date) AS first_confirmed_date,
	       max(confirmed_date) AS confirmed_date,
	       CASE WHEN count(*) FILTER (allocated_at IS NULL AND NOT is_rejected AND is_delivery_relevant) = 0
	            THEN max(allocated_at) END AS allocated_at,
	       min(first_ship_at) AS first_ship_at, max(last_ship_at) AS last_ship_at,
	       CASE WHEN count(*) FILTER (full_ship_at IS NULL AND NOT is_rejected AND is_delivery_relevant) = 0
	            THEN max(full_ship_at) END AS full_ship_at,
	       CASE WHEN count(*) FILTER (delivered_at IS NULL AND NOT is_rejected AND is_delivery_relevant) = 0
	            THEN max(delivered_at) END AS delivered_at,
	       CASE WHEN count(*) FILTER (NOT is_rejected) = 0 THEN max(rejected_at) END AS rejected_at,
	       count(*) FILTER (NOT is_billed AND NOT is_rejected AND is_billing_relevant) = 0 AND count(*) FILTER (is_billed) > 0 AS is_billed,
	       sum(changes_after_confirmation) AS changes_after_confirmation
	FROM o2c.order_lines GROUP BY ALL
),
-- sources without lines
delivery AS (
	SELECT oo.order_object, min(d.shipped_at) AS first_ship_at, max(d.shipped_at) AS last_ship_at,
	       count(*) FILTER (d.shipped_at IS NULL AND d.cancelled_at IS NULL) AS unshipped,
	       max(d.delivered_at) AS delivered_at, count(*) FILTER (d.shipped_at IS NOT NULL) AS deliveries
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Delivery') oo
	JOIN o2c.deliveries d ON d.delivery_object = oo.object GROUP BY ALL
),
invoice AS (
	SELECT oo.order_object, count(*) AS invoices, min(i.created_at) AS first_invoiced_at, max(i.created_at) AS last_invoiced_at,
	       min(i.posted_at) AS first_posted_at, max(i.posted_at) AS last_posted_at,
	       CASE WHEN count(*) = count(i.cleared_at) THEN max(i.cleared_at) END AS cleared_at,
	       CASE WHEN count(*) = count(i.paid_at) THEN max(i.paid_at) END AS paid_at,
	       max(i.due_date) AS due_date, sum(i.disputes) AS invoice_disputes, count(i.due_amount) AS entries
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Invoice') oo
	JOIN o2c.invoices i ON i.invoice_object = oo.object
	WHERE NOT i.is_cancelled AND i.kind = 'invoice' GROUP BY ALL
),
beside AS (
	SELECT order_object,
	       count(DISTINCT object) FILTER (object_type = 'DisputeCase') AS disputes,
	       count(DISTINCT object) FILTER (object_type = 'Block') AS blocks,
	       count(DISTINCT object) FILTER (object_type = 'Amendment') AS amendments
	FROM o2c.order_objects GROUP BY ALL
),
header AS (
	SELECT so.*, m.* EXCLUDE (order_object, order_id), o.id AS order_id,
	       coalesce(l.first_ship_at, d.first_ship_at) AS first_ship_at,
	       coalesce(l.last_ship_at, d.last_ship_at) AS last_ship_at,
	       CASE WHEN l.lines IS NOT NULL THEN l.full_ship_at WHEN d.unshipped = 0 THEN d.last_ship_at END AS full_ship_at,
	       coalesce(l.delivered_at, CASE WHEN l.lines IS NULL THEN d.delivered_at END) AS delivered_at,
	       l.allocated_at, l.lines, l.rejected_lines, l.rejected_at, l.requested_date AS line_requested_date,
	       l.first_confirmed_date, l.confirmed_date, l.changes_after_confirmation,
	       coalesce(d.deliveries, 0) AS deliveries, coalesce(i.invoices, 0) AS invoices,
	       i.first_invoiced_at, i.last_invoiced_at, i.first_posted_at, i.last_posted_at, i.due_date,
	       coalesce(l.is_billed, i.invoices > 0, FALSE) AS is_billed,
	       -- where the source has no ledger, it is its own word that counts
	       CASE WHEN coalesce(l.is_billed, TRUE) THEN CASE WHEN i.entries = 0 THEN m.said_paid_at ELSE i.cleared_at END END AS cleared_at,
	       CASE WHEN coalesce(l.is_billed, TRUE) THEN CASE WHEN i.entries = 0 THEN m.said_paid_at ELSE i.paid_at END END AS paid_at,
	       coalesce(b.disputes, 0) AS disputes, coalesce(b.blocks, 0) AS blocks, coalesce(b.amendments, 0) AS amendments
	FROM objects."SalesOrder" so
	JOIN main.object o ON o.object = so.object
	LEFT JOIN o2c.order_milestones m ON m.order_object = so.object
	LEFT JOIN line l ON l.order_object = so.object
	LEFT JOIN delivery d ON d.order_object = so.object
	LEFT JOIN invoice i ON i.order_object = so.object
	LEFT JOIN beside b ON b.order_object = so.object
),
act AS (
	SELECT DISTINCT order_object, event, activity, actor_kind, acted_at AS time FROM o2c.order_events WHERE class = 'decision'
),
touch AS (
	SELECT h.object AS order_object,
	       count(*) AS events,
	       count(*) FILTER (e.actor_kind NOT IN ('human', 'unknown')) AS automatic,
	       count(*) FILTER (e.actor_kind = 'human') AS human,
	       count(*) FILTER (e.actor_kind = 'unknown') AS unknown,
	       count(*) FILTER (e.actor_kind = 'human' AND e.time <= coalesce(h.confirmed_at, h.released_at)) AS human_entry,
	       count(*) FILTER (e.actor_kind = 'human' AND e.time <= h.full_ship_at) AS human_fulfil,
	       count(*) FILTER (e.actor_kind = 'human' AND e.time <= h.last_posted_at) AS human_bill,
	       count(*) FILTER (e.actor_kind = 'human' AND e.time <= h.paid_at) AS human_cash,
	       count(*) FILTER (e.actor_kind = 'unknown' AND e.time <= coalesce(h.confirmed_at, h.released_at)) AS unknown_entry,
	       count(*) FILTER (e.actor_kind = 'unknown' AND e.time <= h.full_ship_at) AS unknown_fulfil,
	       count(*) FILTER (e.actor_kind = 'unknown' AND e.time <= h.last_posted_at) AS unknown_bill,
	       count(*) FILTER (e.actor_kind = 'unknown' AND e.time <= h.paid_at) AS unknown_cash
	FROM header h JOIN act e ON e.order_object = h.object AND NOT coalesce(e.activity = 'Quote Sales Order' AND e.time < h.received_at, FALSE) GROUP BY ALL
),
precise AS (
	SELECT order_object, bool_or(precision = 'day') AS day_precision, list_sort(list(DISTINCT time) FILTER (precision = 'day')) AS day_times FROM o2c.order_events GROUP BY ALL
)
SELECT h.order_id, h.number AS order_number, coalesce(h.kind, 'order') AS kind, h.kind IS NOT DISTINCT FROM 'return' AS is_return,
       h.status, coalesce(h.channel, '') AS channel, h.customer_reference, h.organisation, h.site,
       cu.target_id AS customer_id, cm.master_id AS customer_master, cn.name AS customer_name, coalesce(h.prepaid, FALSE) AS is_prepaid,
       h.net_value, h.currency, coalesce(h.payment_terms_days, cn.payment_terms_days) AS payment_terms_days,
       coalesce(h.requested_date, h.line_requested_date) AS requested_date, h.first_confirmed_date, h.confirmed_date,
       h.received_at, h.created_at, h.created_by, h.quoted_at, h.confirmed_at, h.confirmation_sent_at, h.released_at,
       h.allocated_at, h.first_ship_at, h.last_ship_at, h.full_ship_at, h.delivered_at,
       h.first_invoiced_at, h.last_invoiced_at, h.first_posted_at, h.last_posted_at, h.is_billed, h.due_date,
       h.cleared_at, h.paid_at, h.completed_at, h.cancelled_at, h.rejected_at,
       coalesce(h.lines, 0) AS lines, coalesce(h.rejected_lines, 0) AS rejected_lines, h.deliveries, h.invoices,
       h.disputes, h.blocks, h.amendments, coalesce(h.changes_after_confirmation, 0) AS changes_after_confirmation,
       coalesce(t.events, 0) AS decision_events, coalesce(t.automatic, 0) AS automatic_events,
       coalesce(t.human, 0) AS human_touches, coalesce(t.unknown, 0) AS unknown_touches,
       CASE WHEN coalesce(h.confirmed_at, h.released_at) IS NOT NULL THEN coalesce(t.human_entry, 0) END AS human_touches_entry,
       CASE WHEN coalesce(h.confirmed_at, h.released_at) IS NOT NULL THEN coalesce(t.unknown_entry, 0) END AS unknown_touches_entry,
       CASE WHEN h.full_ship_at IS NOT NULL THEN coalesce(t.human_fulfil, 0) END AS human_touches_fulfil,
       CASE WHEN h.full_ship_at IS NOT NULL THEN coalesce(t.unknown_fulfil, 0) END AS unknown_touches_fulfil,
       CASE WHEN h.is_billed THEN coalesce(t.human_bill, 0) END AS human_touches_bill,
       CASE WHEN h.is_billed THEN coalesce(t.unknown_bill, 0) END AS unknown_touches_bill,
       CASE WHEN h.paid_at IS NOT NULL THEN coalesce(t.human_cash, 0) END AS human_touches_cash,
       CASE WHEN h.paid_at IS NOT NULL THEN coalesce(t.unknown_cash, 0) END AS unknown_touches_cash,
       coalesce(p.day_precision, FALSE) AS day_precision, coalesce(p.day_times, []) AS day_times, h.object AS order_object
FROM header h
LEFT JOIN touch t ON t.order_object = h.object
LEFT JOIN precise p ON p.order_object = h.object
LEFT JOIN o2c.links cu ON cu.source_object = h.object AND cu.qualifier = 'sold to' AND cu.target_type = 'Customer'
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = cu.target_id
LEFT JOIN objects."Customer" cn ON cn.object = cu.target_object;
