-- How much of which receivable entry was settled when, by what, and does it still stand?
-- One row for each entry an application clears. Amounts have the entry's sign.
-- kind: cash, credit (set off against a credit), reversal (with its own
-- cancellation, or by a payment that was returned), write_off, discount,
-- residual (moved to another entry), other.
-- cash_amount is the share of the application's receipts that falls on the row;
-- over an application it adds up to its receipts exactly.
CREATE OR REPLACE VIEW o2c.applications AS
WITH
entry AS (
	SELECT c.source_object AS application, c.target_object AS entry, c.target_id AS entry_id,
	       coalesce(c.amount, e.amount) AS amount, coalesce(c.currency, e.currency) AS currency, e.kind
	FROM o2c.links c
	JOIN objects."AREntry" e ON e.object = c.target_object
	WHERE c.source_type = 'Application' AND c.qualifier = 'clears' AND c.target_type = 'AREntry'
),
invoice AS (
	SELECT source_object AS entry, min(target_object) AS invoice FROM o2c.links
	WHERE source_type = 'AREntry' AND qualifier = 'receivable of' GROUP BY ALL
),
cancels AS (
	SELECT source_object AS a, target_object AS b FROM o2c.links
	WHERE source_type = 'Invoice' AND qualifier = 'cancels'
	UNION
	SELECT target_object, source_object FROM o2c.links
	WHERE source_type = 'Invoice' AND qualifier = 'cancels'
),
pair AS (
	SELECT DISTINCT x.application, x.entry
	FROM entry x
	JOIN entry y ON y.application = x.application AND y.entry <> x.entry AND y.amount = -x.amount
	JOIN invoice ix ON ix.entry = x.entry
	JOIN invoice iy ON iy.entry = y.entry
	LEFT JOIN cancels c ON c.a = ix.invoice AND c.b = iy.invoice
	WHERE c.a IS NOT NULL OR (ix.invoice = iy.invoice AND 'cancellation' IN (x.kind, y.kind))
),
receipt AS (
	SELECT r.source_object AS application, sum(coalesce(r.amount, o.amount)) AS amount, count(*) AS receipts,
	       CASE WHEN count(*) = 1 THEN min(r.target_id) END AS receipt_id
	FROM o2c.links r
	JOIN objects."Receipt" o ON o.object = r.target_object
	WHERE r.source_type = 'Application' AND r.qualifier = 'applies' AND r.target_type = 'Receipt'
	GROUP BY ALL
),
happened AS (
	SELECT object AS application,
	       min(time) FILTER (activity IN ('Apply Cash', 'Clear Receivable')) AS applied_at,
	       arg_min(actor_kind, (time, sequence)) FILTER (activity IN ('Apply Cash', 'Clear Receivable')) AS applied_by,
	       CASE WHEN arg_max(activity, (time, sequence, event)) IN ('Unapply Cash', 'Reset Receivable')
	            THEN max(time) END AS reversed_at
	FROM o2c.object_events
	WHERE object_type = 'Application'
	  AND activity IN ('Apply Cash', 'Clear Receivable', 'Unapply Cash', 'Reset Receivable')
	GROUP BY ALL
),
sorted AS (
	SELECT e.*, p.entry IS NOT NULL AS is_pair,
	       coalesce(r.amount, 0) AS cash, coalesce(r.receipts, 0) AS receipts, r.receipt_id,
	       p.entry IS NULL AND sign(e.amount) = sign(coalesce(r.amount, 0)) AS is_paid,
	       sum(abs(e.amount)) FILTER (p.entry IS NULL AND sign(e.amount) = sign(coalesce(r.amount, 0)))
	           OVER (PARTITION BY e.application) AS payable,
	       sum(abs(e.amount)) FILTER (p.entry IS NULL AND sign(e.amount) = sign(coalesce(r.amount, 0)))
	           OVER (PARTITION BY e.application ORDER BY e.entry) AS running,
	       bool_or(e.kind = 'write_off') OVER (PARTITION BY e.application) AS written_off,
	       min(sign(e.amount)) OVER (PARTITION BY e.application) <> max(sign(e.amount)) OVER (PARTITION BY e.application) AS both_signs
	FROM entry e
	LEFT JOIN pair p ON p.application = e.application AND p.entry = e.entry
	LEFT JOIN receipt r ON r.application = e.application
)
SELECT o.id AS application_id, a.clearing, s.entry_id, i.id AS invoice_id,
       h.applied_at, coalesce(a.date, h.applied_at::DATE) AS applied_on, h.applied_by AS actor_kind,
       CASE WHEN s.is_pair THEN 'reversal'
            WHEN a.kind IN ('write_off', 'discount', 'residual') THEN a.kind
            WHEN s.is_paid THEN 'cash'
            WHEN s.receipts > 0 AND s.cash = 0 AND NOT s.both_signs THEN 'reversal'
            WHEN s.written_off THEN 'write_off'
            WHEN s.both_signs OR s.amount < 0 THEN 'credit'
            ELSE 'other' END AS kind,
       s.amount,
       CASE WHEN s.is_paid
            THEN (round(s.cash * s.running / s.payable, 4) - round(s.cash * (s.running - abs(s.amount)) / s.payable, 4))::DECIMAL(18,4)
            ELSE 0 END AS cash_amount,
       s.currency, s.receipts, s.receipt_id,
       h.reversed_at, h.reversed_at::DATE AS reversed_on, h.reversed_at IS NOT NULL AS is_reversed,
       s.application AS application_object, s.entry AS entry_object
FROM sorted s
JOIN main.object o ON o.object = s.application
JOIN objects."Application" a ON a.object = s.application
LEFT JOIN happened h ON h.application = s.application
LEFT JOIN invoice l ON l.entry = s.entry
LEFT JOIN main.object i ON i.object = l.invoice;
