-- What money came in on the entries of each promise to pay, since it was given?
-- One row an application of cash to an entry. received_on is the bank's day, or where no statement says it, the day of
-- the application. A receipt that was there before the promise is none of what was promised.
CREATE OR REPLACE VIEW o2c.promise_receipts AS
WITH
application AS (
	SELECT l.source_object AS application_object, max(coalesce(r.value_date, r.received_at::DATE)) AS received_on
	FROM o2c.links l JOIN o2c.receipts r ON r.receipt_object = l.target_object
	WHERE l.source_type = 'Application' AND l.qualifier = 'applies' GROUP BY ALL
)
SELECT p.object AS promise_object, a.application_id, a.entry_id, a.cash_amount, a.currency, coalesce(m.received_on, a.applied_on) AS received_on,
       a.applied_on, a.reversed_on, a.is_reversed
FROM objects."PromiseToPay" p
JOIN (SELECT DISTINCT source_object, target_object FROM o2c.links WHERE source_type = 'PromiseToPay' AND qualifier = 'promises') l ON l.source_object = p.object
JOIN o2c.applications a ON a.entry_object = l.target_object AND a.kind = 'cash'
LEFT JOIN application m ON m.application_object = a.application_object
WHERE coalesce(m.received_on, a.applied_on) >= p.promised_on;
