-- What was billed, when, and what became of it?
-- posted_at counts: a draft is no bill. An invoice that was cancelled keeps its
-- row with is_cancelled; the cancelling document is a row of kind cancellation.
-- paid_at: every entry cleared, by cash; cleared_at: every entry cleared at all.
CREATE OR REPLACE VIEW o2c.invoices AS
WITH
event AS (
	SELECT object AS invoice,
	       -- a cancellation is made by cancelling another
	       min(time) FILTER (activity IN ('Create Invoice', 'Create Credit Memo') OR activity = 'Cancel Invoice' AND qualifier = 'by') AS created_at,
	       arg_min(actor_kind, (time, sequence)) FILTER (activity IN ('Create Invoice', 'Create Credit Memo') OR activity = 'Cancel Invoice' AND qualifier = 'by') AS created_by,
	       min(time) FILTER (activity = 'Post Invoice') AS posted_at,
	       arg_min(actor_kind, (time, sequence)) FILTER (activity = 'Post Invoice') AS posted_by,
	       min(time) FILTER (activity = 'Send Invoice') AS sent_at,
	       min(time) FILTER (activity = 'Cancel Invoice' AND qualifier <> 'by') AS cancelled_at
	FROM o2c.object_events WHERE object_type = 'Invoice' GROUP BY ALL
),
message AS (
	SELECT l.target_object AS invoice,
	       min(e.time) FILTER (e.activity = 'Message Sent') AS sent_at,
	       min(e.time) FILTER (e.activity = 'Message Acknowledged') AS acknowledged_at
	FROM o2c.links l
	JOIN objects."Message" m ON m.object = l.source_object AND coalesce(m.direction, 'out') = 'out'
	JOIN o2c.object_events e ON e.object = l.source_object
	WHERE l.source_type = 'Message' AND l.target_type = 'Invoice' AND l.qualifier = 'concerns' GROUP BY ALL
),
cancelled AS (
	SELECT l.target_object AS invoice, min(l.source_id) AS by_id, min(e.created_at) AS since
	FROM o2c.links l LEFT JOIN event e ON e.invoice = l.source_object
	WHERE l.source_type = 'Invoice' AND l.qualifier = 'cancels' GROUP BY ALL
),
corrected AS (
	SELECT l.target_object AS invoice, sum(coalesce(l.amount, i.net_amount)) AS amount, min(e.created_at) AS since,
	       list_sort(list(DISTINCT coalesce(i.reason, 'other'))) AS reasons
	FROM o2c.links l
	JOIN objects."Invoice" i ON i.object = l.source_object
	LEFT JOIN event e ON e.invoice = l.source_object
	WHERE l.source_type = 'Invoice' AND l.qualifier = 'corrects' GROUP BY ALL
),
ledger AS (
	SELECT l.target_object AS invoice, min(r.posting_date) AS posting_date, max(r.due_date) AS due_date,
	       -- a residual entry is what an earlier one lacked, and no more is due by it
	       sum(r.amount) FILTER (r.kind IS DISTINCT FROM 'residual') AS amount, sum(r.open_amount) AS open_amount, sum(r.cash_amount) AS cash_amount,
	       bool_and(r.is_cleared) AS is_cleared, max(r.cleared_at) AS cleared_at, max(r.cleared_on) AS cleared_on,
	       bool_and(r.clearing_kind = 'cash') AS by_cash,
	       CASE WHEN bool_or(r.clearing_kind = 'cash') THEN 'cash' ELSE min(r.clearing_kind) END AS clearing_kind
	FROM o2c.links l JOIN o2c.receivable_entries r ON r.entry_object = l.source_object
	WHERE l.source_type = 'AREntry' AND l.qualifier = 'receivable of' GROUP BY ALL
),
orders AS (
	SELECT oo.object AS invoice, count(DISTINCT oo.order_object) AS n, min(o.id) AS order_id
	FROM o2c.order_objects oo JOIN main.object o ON o.object = oo.order_object
	WHERE oo.object_type = 'Invoice' GROUP BY ALL
),
customer AS (
	SELECT source_object AS invoice, min(target_id) AS customer_id FROM o2c.links
	WHERE source_type = 'Invoice' AND qualifier = 'billed to' GROUP BY ALL
),
dispute AS (
	SELECT coalesce(i.target_object, d.target_object) AS invoice, count(DISTINCT d.source_object) AS disputes,
	       min(e.time) AS opened_at,
	       list_sort(list(DISTINCT coalesce(c.reason_class, 'other'))) AS classes
	FROM o2c.links d
	JOIN objects."DisputeCase" c ON c.object = d.source_object
	LEFT JOIN o2c.links i ON i.source_object = d.target_object
	      AND (i.source_type, i.qualifier) IN (('InvoiceItem', 'item of'), ('AREntry', 'receivable of'))
	LEFT JOIN o2c.object_events e ON e.object = d.source_object AND e.activity = 'Open Dispute'
	WHERE d.source_type = 'DisputeCase' AND d.qualifier = 'disputes'
	  AND d.target_type IN ('Invoice', 'InvoiceItem', 'AREntry') GROUP BY ALL
)
SELECT o.id AS invoice_id, i.number AS invoice_number, coalesce(i.kind, 'invoice') AS kind, i.status, c.customer_id, cm.master_id AS customer_master,
       CASE WHEN s.n = 1 THEN s.order_id END AS order_id, coalesce(s.n, 0) AS orders,
       v.created_at, v.created_by, v.posted_at, v.posted_by,
       coalesce(least(v.sent_at, m.sent_at), v.sent_at, m.sent_at) AS sent_at, m.acknowledged_at,
       i.invoice_date, l.posting_date, l.due_date, i.payment_terms_days, i.reason, i.organisation,
       i.net_amount, i.gross_amount, i.currency,
       coalesce(least(v.cancelled_at, x.since), v.cancelled_at, x.since) AS cancelled_at, x.by_id AS cancelled_by,
       v.cancelled_at IS NOT NULL OR x.by_id IS NOT NULL AS is_cancelled,
       k.since AS corrected_at, k.amount AS credited_amount, k.reasons AS credit_reasons,
       coalesce(d.disputes, 0) AS disputes, d.opened_at AS disputed_at, d.classes AS dispute_classes,
       l.amount AS due_amount, l.open_amount, l.cash_amount,
       CASE WHEN l.is_cleared THEN l.cleared_at END AS cleared_at,
       CASE WHEN l.is_cleared THEN l.cleared_on END AS cleared_on,
       CASE WHEN l.is_cleared THEN l.clearing_kind END AS clearing_kind,
       CASE WHEN l.is_cleared AND l.by_cash THEN l.cleared_at END AS paid_at,
       i.object AS invoice_object
FROM objects."Invoice" i
JOIN main.object o ON o.object = i.object
LEFT JOIN event v ON v.invoice = i.object
LEFT JOIN message m ON m.invoice = i.object
LEFT JOIN cancelled x ON x.invoice = i.object
LEFT JOIN corrected k ON k.invoice = i.object
LEFT JOIN ledger l ON l.invoice = i.object
LEFT JOIN orders s ON s.invoice = i.object
LEFT JOIN customer c ON c.invoice = i.object
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = c.customer_id
LEFT JOIN dispute d ON d.invoice = i.object;
