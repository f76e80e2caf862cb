-- Which disputes were opened, about what and for how much, and how did they end?
-- One row a case. A case over several invoices names none; invoices counts them.
CREATE OR REPLACE VIEW o2c.disputes AS
WITH
event AS (
	SELECT v.object AS dispute, min(time) FILTER (activity = 'Open Dispute') AS opened_at,
	       arg_min(actor_kind, (time, sequence)) FILTER (activity = 'Open Dispute') AS opened_by,
	       min(time) FILTER (activity = 'Submit Dispute') AS submitted_at,
	       min(time) FILTER (activity IN ('Approve Dispute', 'Reject Dispute')) AS decided_at,
	       CASE WHEN arg_max(activity, (time, sequence, event)) IN ('Close Dispute', 'Reject Dispute') AND coalesce(bool_and(c.closed), TRUE)
	            THEN max(time) FILTER (activity IN ('Close Dispute', 'Reject Dispute')) END AS closed_at,
	       greatest(count(*) FILTER (activity = 'Open Dispute') - 1, 0) AS reopened
	FROM o2c.object_events v JOIN objects."DisputeCase" c ON c.object = v.object
	WHERE v.object_type = 'DisputeCase' GROUP BY ALL
),
about AS (
	SELECT d.source_object AS dispute,
	       count(DISTINCT coalesce(i.target_object, d.target_object)) FILTER (coalesce(i.target_type, d.target_type) = 'Invoice') AS invoices,
	       min(coalesce(i.target_id, d.target_id)) FILTER (coalesce(i.target_type, d.target_type) = 'Invoice') AS invoice_id,
	       sum(d.amount) AS amount, min(d.currency) AS currency
	FROM o2c.links d
	LEFT JOIN o2c.links i ON i.source_object = d.target_object
	      AND (i.source_type, i.qualifier) IN (('InvoiceItem', 'item of'), ('AREntry', 'receivable of'))
	WHERE d.source_type = 'DisputeCase' AND d.qualifier = 'disputes' GROUP BY ALL
),
orders AS (
	SELECT oo.object AS dispute, count(DISTINCT oo.order_object) AS n, min(o.id) AS order_id
	FROM o2c.order_objects oo JOIN main.object o ON o.object = oo.order_object
	WHERE oo.object_type = 'DisputeCase' GROUP BY ALL
)
SELECT o.id AS dispute_id, d.number AS dispute_number, d.reason, coalesce(d.reason_class, 'other') AS reason_class,
       d.status, d.outcome, d.owner, c.target_id AS customer_id, cm.master_id AS customer_master,
       CASE WHEN a.invoices = 1 THEN a.invoice_id END AS invoice_id, coalesce(a.invoices, 0) AS invoices,
       CASE WHEN s.n = 1 THEN s.order_id END AS order_id, coalesce(s.n, 0) AS orders,
       v.opened_at, v.opened_by, v.submitted_at, v.decided_at, v.closed_at, v.reopened,
       coalesce(d.disputed_amount, a.amount) AS disputed_amount, d.credited_amount, coalesce(d.currency, a.currency) AS currency,
       d.object AS dispute_object
FROM objects."DisputeCase" d
JOIN main.object o ON o.object = d.object
LEFT JOIN event v ON v.dispute = d.object
LEFT JOIN about a ON a.dispute = d.object
LEFT JOIN orders s ON s.dispute = d.object
LEFT JOIN o2c.links c ON c.source_object = d.object AND c.qualifier = 'raised by' AND c.target_type = 'Customer'
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = c.target_id;
