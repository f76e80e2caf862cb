-- What money came in, and when and by whom was it applied?
-- One row a receipt, whatever number of invoices it pays. unapplied_amount is
-- what no standing application uses: shown, never netted silently.
CREATE OR REPLACE VIEW o2c.receipts AS
WITH
application AS (
	SELECT a.source_object AS application, a.target_object AS receipt,
	       coalesce(a.amount, r.amount) AS amount, h.applied_at, h.reversed_at, h.applied_by
	FROM o2c.links a
	JOIN objects."Receipt" r ON r.object = a.target_object
	LEFT JOIN (SELECT DISTINCT application_object, applied_at, reversed_at, actor_kind AS applied_by FROM o2c.applications) h
	       ON h.application_object = a.source_object
	WHERE a.source_type = 'Application' AND a.qualifier = 'applies' AND a.target_type = 'Receipt'
),
applied AS (
	SELECT receipt, sum(amount) FILTER (reversed_at IS NULL) AS amount,
	       min(applied_at) AS first_applied_at, max(applied_at) FILTER (reversed_at IS NULL) AS last_applied_at,
	       count(*) AS applications, count(*) FILTER (reversed_at IS NOT NULL) AS reversed,
	       count(*) FILTER (applied_by = 'human') AS human,
	       count(*) FILTER (coalesce(applied_by, 'unknown') = 'unknown') AS unknown
	FROM application GROUP BY ALL
),
customer AS (
	SELECT source_object AS receipt, min(target_id) AS customer_id FROM o2c.links
	WHERE source_type = 'Receipt' AND qualifier = 'paid by' GROUP BY ALL
),
event AS (
	SELECT object AS receipt, min(time) AS received_at, arg_min(actor_kind, (time, sequence)) AS received_by
	FROM o2c.object_events WHERE object_type = 'Receipt' AND activity = 'Receive Payment' GROUP BY ALL
)
SELECT o.id AS receipt_id, r.number AS receipt_number, r.kind, c.customer_id, cm.master_id AS customer_master, r.value_date, v.received_at, v.received_by,
       r.amount, r.currency, r.reference,
       coalesce(a.amount, 0) AS applied_amount, r.amount - coalesce(a.amount, 0) AS unapplied_amount,
       a.first_applied_at,
       CASE WHEN a.amount = r.amount THEN a.last_applied_at END AS fully_applied_at,
       coalesce(a.applications, 0) AS applications, coalesce(a.reversed, 0) AS reversed_applications,
       coalesce(a.human, 0) AS human_applications, coalesce(a.unknown, 0) AS unknown_applications,
       r.object AS receipt_object
FROM objects."Receipt" r
JOIN main.object o ON o.object = r.object
LEFT JOIN applied a ON a.receipt = r.object
LEFT JOIN customer c ON c.receipt = r.object
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = c.customer_id
LEFT JOIN event v ON v.receipt = r.object;
