-- Which customers promised to pay what, by when, and when had they paid it?
-- paid_on is the bank's day by which at least 98 % of it had come in since, and is applied: charges and
-- discounts keep no promise from being kept. A promise over several entries is kept by the money for all of them.
CREATE OR REPLACE VIEW o2c.promises AS
WITH
about AS (
	SELECT l.source_object AS promise, sum(l.amount) AS amount, min(e.currency) AS currency, min(e.customer_id) AS customer_id, min(e.customer_master) AS customer_master,
	       CASE WHEN count(DISTINCT e.invoice_id) = 1 THEN min(e.invoice_id) END AS invoice_id, count(DISTINCT e.entry_id) AS entries
	FROM o2c.links l JOIN o2c.receivable_entries e ON e.entry_object = l.target_object
	WHERE l.source_type = 'PromiseToPay' AND l.qualifier = 'promises' GROUP BY ALL
),
promise AS (
	SELECT p.object, o.id, a.customer_id, a.customer_master, a.invoice_id, coalesce(a.entries, 0) AS entries, p.promised_on, p.due_on,
	       coalesce(p.amount, a.amount) AS amount, coalesce(p.currency, a.currency) AS currency
	FROM objects."PromiseToPay" p JOIN main.object o USING (object) LEFT JOIN about a ON a.promise = p.object
),
paid AS (
	SELECT m.promise_object, min(m.received_on) AS paid_on
	FROM (SELECT promise_object, received_on, sum(cash_amount) OVER (PARTITION BY promise_object ORDER BY received_on) AS so_far
	      FROM o2c.promise_receipts WHERE NOT is_reversed) m
	JOIN promise p ON p.object = m.promise_object AND m.so_far >= p.amount * 0.98
	GROUP BY ALL
)
SELECT p.id AS promise_id, p.customer_id, p.customer_master, p.invoice_id, p.entries, p.promised_on, p.due_on, p.amount, p.currency,
       m.paid_on, p.object AS promise_object
FROM promise p LEFT JOIN paid m ON m.promise_object = p.object;
