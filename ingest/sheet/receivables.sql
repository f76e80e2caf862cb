-- What is owed, since when, and how was it settled, by a list of receivables?
--
-- What it relies on:
-- * A row is one invoice or credit memo (or an entry of the journal), or a payment. Amounts have the customer's sign: he owes what is positive.
-- * What is not open any more was paid, unless the list says that it was not: it tells what was paid and that is less, it was written off,
--   or it is a credit, which is set off and not paid back. So says remaining, else the clearing, else what was paid and written off.
-- * as_of is the day of the list, in rows of which something was settled on a day that they do not say.
-- * paid is all that was paid so far, in the list of payments or not.
-- * Everything is known to the day. Money is dated by what it settles; when it came in nobody says, so there is no event of that, unless some of it settles
--   nothing: no figure is to take the time from its receipt to its application for none.

CREATE MACRO own(key) AS source_name() || ':' || key;
CREATE MACRO midnight(day) AS day::TIMESTAMP AT TIME ZONE source_zone();

CREATE VIEW bill AS
SELECT r.*, CASE WHEN type = 'journal' THEN 'journal' WHEN type = 'credit_memo' OR amount < 0 THEN 'credit_memo' ELSE 'invoice' END AS kind,
       coalesce(posted, date) AS posting_date, coalesce(due, date + terms::INTEGER) AS due_date, sign(amount) AS s
FROM receivable r
WHERE type IS DISTINCT FROM 'payment' AND amount <> 0;

-- Payments ------------------------------------------------------------------------

-- One that the list says to be cleared is what clears the invoices beside it, and there already.
CREATE VIEW paid_list AS
SELECT 'payment' AS source_table, p.id, p.invoice, p.date, p.amount, coalesce(p.currency, b.currency) AS currency, b.customer
FROM payment p LEFT JOIN bill b ON b.id = p.invoice
UNION ALL
SELECT 'receivable', r.id, r.invoice, coalesce(r.posted, r.date), r.amount, r.currency, coalesce(b.customer, r.customer)
FROM receivable r LEFT JOIN bill b ON b.id = r.invoice
WHERE r.type = 'payment' AND r.amount <> 0 AND r.cleared IS NULL;

-- How much of a bill is paid after each payment: never less than nothing, never more than all. A payment taken back opens it again.
CREATE VIEW listed AS
WITH sum_of AS (
	SELECT p.*, b.amount AS bill, b.s, sum(p.amount) OVER (PARTITION BY p.invoice ORDER BY p.date, p.source_table, p.id) AS upto
	FROM paid_list p JOIN bill b ON b.id = p.invoice
	WHERE p.currency = b.currency
)
SELECT id, source_table, invoice, date,
       s * (least(greatest(s * upto, 0), abs(bill)) - least(greatest(s * (upto - amount), 0), abs(bill))) AS amount
FROM sum_of;

-- Settlements -----------------------------------------------------------------------

-- Parts of each bill, without signs: listed by payments; w written off; cash that the row tells; rest, of which it does not say how.
CREATE VIEW part AS
WITH
told AS (
	SELECT b.*, abs(b.amount) AS bill, coalesce(l.amount, 0) AS listed, s * coalesce(b.paid, 0) AS paid_so_far, abs(coalesce(b.written_off, 0)) AS w
	FROM bill b LEFT JOIN (SELECT x.invoice, abs(sum(x.amount)) AS amount FROM listed x GROUP BY x.invoice) l ON l.invoice = b.id
),
settled AS (
	SELECT *, least(greatest(CASE WHEN remaining IS NOT NULL THEN s * (amount - remaining) WHEN cleared IS NOT NULL THEN bill
	                              ELSE greatest(listed, paid_so_far) + w END, listed), bill) AS total
	FROM told
),
written AS (SELECT * REPLACE (least(w, total - listed) AS w) FROM settled),
cash AS (
	SELECT *, CASE WHEN paid IS NULL AND s > 0 THEN total - listed - w ELSE least(greatest(paid_so_far - listed, 0), total - listed - w) END AS cash FROM written
)
SELECT *, total - listed - w - cash AS rest, greatest(paid_so_far - listed - cash, 0) AS excess FROM cash;

-- receipt is the amount of money that came in, if any did.
CREATE VIEW settlement AS
SELECT 'paid/' || id AS key, 'receivable' AS source_table, id AS source_key, id AS invoice, s * cash AS amount, s * (cash + CASE WHEN paid IS NOT NULL THEN excess ELSE 0 END) AS receipt,
       CASE WHEN paid IS NULL THEN coalesce(cleared, paid_on, as_of) ELSE coalesce(paid_on, cleared, as_of) END AS settled_on, NULL AS kind, currency, customer
FROM part WHERE cash > 0
UNION ALL
SELECT 'written-off/' || id, 'receivable', id, id, s * w, NULL, coalesce(written_off_on, cleared, as_of), 'write_off', currency, customer FROM part WHERE w > 0
UNION ALL
SELECT 'cleared/' || id, 'receivable', id, id, s * rest, NULL, coalesce(cleared, paid_on, as_of), NULL, currency, customer FROM part WHERE rest > 0
UNION ALL
SELECT p.source_table || '/' || p.id, p.source_table, p.id, l.invoice, coalesce(l.amount, 0), p.amount, p.date, NULL, p.currency, p.customer
FROM paid_list p LEFT JOIN listed l ON l.id = p.id AND l.source_table = p.source_table;

-- Money of which some pays nothing in the list: that some came in on the day is known.
CREATE VIEW unapplied AS SELECT * FROM settlement WHERE receipt <> amount;

-- Disputes --------------------------------------------------------------------------

CREATE VIEW dispute AS SELECT * FROM bill WHERE disputed AND kind <> 'journal';

-- Events ----------------------------------------------------------------------------

CREATE VIEW happened AS
SELECT 'create/' || id AS key, CASE kind WHEN 'credit_memo' THEN 'Create Credit Memo' ELSE 'Create Invoice' END AS activity, date AS day, 'Invoice' AS type, own(id) AS object,
       'receivable' AS source_table, id AS source_key, amount, currency FROM bill WHERE kind <> 'journal'
UNION ALL
SELECT 'post/' || id, 'Post Invoice', posting_date, 'Invoice', own(id), 'receivable', id, amount, currency FROM bill WHERE kind <> 'journal'
UNION ALL
SELECT 'apply/' || key, CASE WHEN receipt IS NULL THEN 'Clear Receivable' ELSE 'Apply Cash' END, settled_on, 'Application', own(key), source_table, source_key, amount, currency FROM settlement WHERE amount <> 0
UNION ALL
SELECT 'receive/' || key, 'Receive Payment', settled_on, 'Receipt', own(key), source_table, source_key, receipt, currency FROM unapplied
UNION ALL
SELECT 'dispute/' || id, 'Open Dispute', disputed_on, 'DisputeCase', own(id), 'receivable', id, NULL, NULL FROM dispute WHERE disputed_on IS NOT NULL
UNION ALL
SELECT 'dispute-closed/' || id, 'Close Dispute', dispute_closed, 'DisputeCase', own(id), 'receivable', id, NULL, NULL FROM dispute WHERE dispute_closed IS NOT NULL;

CREATE VIEW event AS
SELECT key, activity, midnight(day) AS time, 'day' AS precision, 'unknown' AS actor_kind, source_table, source_key, amount::DECIMAL(18,4) AS amount, currency FROM happened;

CREATE VIEW event_object AS
SELECT key AS event_key, type, object AS id, 'on' AS qualifier, amount::DECIMAL(18,4) AS amount, currency FROM happened
UNION ALL
SELECT 'apply/' || key, 'AREntry', own(invoice), 'clears', amount::DECIMAL(18,4), currency FROM settlement WHERE amount <> 0
UNION ALL
SELECT 'apply/' || key, 'Receipt', own(key), 'applies', receipt::DECIMAL(18,4), currency FROM settlement WHERE amount <> 0 AND receipt IS NOT NULL;

-- Objects and relations --------------------------------------------------------------

CREATE VIEW object_Customer AS
SELECT own(customer) AS id, 'receivable' AS source_table, min(id) AS source_key, customer AS number, min(customer_name) AS name, min(country) AS country
FROM receivable WHERE customer IS NOT NULL GROUP BY customer;

CREATE VIEW object_Invoice AS
SELECT own(id) AS id, 'receivable' AS source_table, id AS source_key, id AS number, kind, date AS invoice_date, terms AS payment_terms_days, organisation,
       amount::DECIMAL(18,4) AS gross_amount, currency
FROM bill WHERE kind <> 'journal';

CREATE VIEW object_AREntry AS
SELECT own(id) AS id, 'receivable' AS source_table, id AS source_key, kind, posting_date, due_date, amount::DECIMAL(18,4) AS amount, currency FROM bill;

CREATE VIEW object_Application AS
SELECT own(key) AS id, source_table, source_key, kind, settled_on AS date FROM settlement WHERE amount <> 0;

CREATE VIEW object_Receipt AS
SELECT own(key) AS id, source_table, source_key, settled_on AS value_date, receipt::DECIMAL(18,4) AS amount, currency FROM settlement WHERE receipt IS NOT NULL;

CREATE VIEW object_DisputeCase AS
SELECT own(id) AS id, 'receivable' AS source_table, id AS source_key, id AS number, CASE WHEN dispute_closed IS NOT NULL THEN 'closed' END AS status, currency FROM dispute;

CREATE VIEW object_object AS
SELECT 'AREntry' AS source_type, own(id) AS source_id, 'Invoice' AS target_type, own(id) AS target_id, 'receivable of' AS qualifier, amount::DECIMAL(18,4) AS amount, currency FROM bill WHERE kind <> 'journal'
UNION ALL
SELECT 'AREntry', own(id), 'Customer', own(customer), 'owed by', NULL, NULL FROM bill WHERE customer IS NOT NULL
UNION ALL
SELECT 'Invoice', own(id), 'Customer', own(customer), 'billed to', NULL, NULL FROM bill WHERE customer IS NOT NULL AND kind <> 'journal'
UNION ALL
SELECT 'Application', own(key), 'AREntry', own(invoice), 'clears', amount::DECIMAL(18,4), currency FROM settlement WHERE amount <> 0
UNION ALL
SELECT 'Application', own(key), 'Receipt', own(key), 'applies', amount::DECIMAL(18,4), currency FROM settlement WHERE amount <> 0 AND receipt IS NOT NULL
UNION ALL
SELECT 'Receipt', own(key), 'Customer', own(customer), 'paid by', NULL, NULL FROM settlement WHERE receipt IS NOT NULL AND customer IS NOT NULL
UNION ALL
SELECT 'DisputeCase', own(d.id), 'Invoice', own(d.id), 'disputes', NULL, NULL FROM dispute d
UNION ALL
SELECT 'DisputeCase', own(d.id), 'Customer', own(d.customer), 'raised by', NULL, NULL FROM dispute d WHERE d.customer IS NOT NULL;
