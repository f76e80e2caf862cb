-- What is each customer due to pay, and when and how was it settled?
-- Open amounts are rebuilt from the applications that stand. For the state at
-- an earlier day take amount by posting_date and o2c.applications by applied_on
-- and reversed_on.
CREATE OR REPLACE VIEW o2c.receivable_entries AS
WITH
settled AS (
	SELECT entry_object, sum(amount) AS amount, sum(cash_amount) AS cash,
	       max(applied_at) AS applied_at, max(applied_on) AS applied_on,
	       -- the weightiest: cash, reversal, write_off, any other
	       min((CASE kind WHEN 'cash' THEN 1 WHEN 'reversal' THEN 2 WHEN 'write_off' THEN 3 ELSE 4 END) || kind)[2:] AS kind
	FROM o2c.applications WHERE NOT is_reversed GROUP BY ALL
),
invoice AS (
	SELECT source_object AS entry, min(target_object) AS invoice, min(target_id) AS invoice_id FROM o2c.links
	WHERE source_type = 'AREntry' AND qualifier = 'receivable of' GROUP BY ALL
),
customer AS (
	SELECT source_object AS entry, min(target_id) AS customer_id FROM o2c.links
	WHERE source_type = 'AREntry' AND qualifier = 'owed by' GROUP BY ALL
),
dispute AS (
	SELECT e.entry, min(v.time) FILTER (v.activity = 'Open Dispute') AS opened_at,
	       CASE WHEN count(DISTINCT d.source_object) = count(DISTINCT d.source_object) FILTER (v.activity IN ('Close Dispute', 'Reject Dispute') AND coalesce(c.closed, TRUE))
	            THEN max(v.time) FILTER (v.activity IN ('Close Dispute', 'Reject Dispute')) END AS closed_at
	FROM (SELECT object AS entry, object FROM objects."AREntry"
	      UNION ALL SELECT entry, invoice FROM invoice) e
	JOIN o2c.links d ON d.source_type = 'DisputeCase' AND d.qualifier = 'disputes' AND d.target_object = e.object
	JOIN objects."DisputeCase" c ON c.object = d.source_object
	JOIN o2c.object_events v ON v.object = d.source_object
	GROUP BY ALL
),
event AS (
	SELECT object AS entry,
	       min(time) FILTER (activity = 'Dun') AS first_dunned_at,
	       count(*) FILTER (activity = 'Reset Receivable') AS resets
	FROM o2c.object_events WHERE object_type = 'AREntry' GROUP BY ALL
)
SELECT o.id AS entry_id, i.invoice_id, c.customer_id, cm.master_id AS customer_master, e.kind, e.posting_date, e.due_date,
       e.amount, e.currency, e.reason,
       coalesce(s.amount, 0) AS settled_amount,
       e.amount - coalesce(s.amount, 0) AS open_amount,
       coalesce(s.cash, 0) AS cash_amount,
       s.amount IS NOT DISTINCT FROM e.amount AS is_cleared,
       CASE WHEN s.amount = e.amount THEN s.applied_at END AS cleared_at,
       CASE WHEN s.amount = e.amount THEN s.applied_on END AS cleared_on,
       CASE WHEN s.amount = e.amount THEN s.kind END AS clearing_kind,
       CASE WHEN s.amount = e.amount THEN date_diff('day', e.due_date, s.applied_on) END AS days_late,
       d.opened_at AS disputed_from, d.closed_at AS disputed_to,
       v.first_dunned_at, coalesce(v.resets, 0) AS resets, e.object AS entry_object
FROM objects."AREntry" e
JOIN main.object o ON o.object = e.object
LEFT JOIN settled s ON s.entry_object = e.object
LEFT JOIN invoice i ON i.entry = e.object
LEFT JOIN customer c ON c.entry = e.object
LEFT JOIN o2c.masters cm ON cm.type = 'Customer' AND cm.id = c.customer_id
LEFT JOIN dispute d ON d.entry = e.object
LEFT JOIN event v ON v.entry = e.object;
