-- What happened in this Tryton 7.0, in the words of the order-to-cash model?
--
-- What it relies on:
-- * create_date, write_date and ir_model_log.create_date are the transaction's
--   time, naive UTC; rows of one transaction share it, ir_model_log.id orders them.
-- * ir_model_log has buttons, transitions, writes (names of fields, never values),
--   wizards and deletions; "user" may be missing for transitions only.
-- * A creation is not logged: it is the record's create_date and create_uid.
-- * Old and new values exist for sale.sale and sale.line only (sale_history).
-- * Queue tasks run as the user who enqueued them: a transition is a person's
--   only if the same transaction holds a button, wizard or write on the record.

-- Who is who? The kind follows the login, by patterns: see Actors in tryton.go.
CREATE VIEW actor AS
SELECT id AS uid, login, CASE WHEN id = 0 THEN 'scheduler' ELSE name_kind(login) END AS kind
FROM res_user;

-- What did a person or a program do itself, and on which record?
CREATE VIEW act AS
SELECT DISTINCT create_date AS time, resource FROM ir_model_log WHERE event IN ('button', 'wizard', 'write');

CREATE VIEW money AS
SELECT c.id AS currency, coalesce(k.code, 'currency:' || c.id) AS code
FROM (SELECT currency AS id FROM sale_sale UNION SELECT currency FROM account_invoice UNION SELECT currency FROM account_invoice_line
      UNION SELECT second_currency FROM account_move_line UNION SELECT currency FROM stock_move) c
LEFT JOIN currency_currency k ON k.id = c.id
WHERE c.id IS NOT NULL;

CREATE VIEW measure AS
SELECT u.id AS unit, coalesce(k.name, 'unit:' || u.id) AS name
FROM (SELECT unit AS id FROM sale_line UNION SELECT unit FROM stock_move UNION SELECT unit FROM account_invoice_line
      UNION SELECT default_uom FROM product_template) u
LEFT JOIN product_uom k ON k.id = u.id
WHERE u.id IS NOT NULL;

-- Words of the audit log -----------------------------------------------------

CREATE VIEW word AS
SELECT * FROM (VALUES
	('transition', 'sale.sale', 'state:quotation', 'Quote Sales Order'),
	('transition', 'sale.sale', 'state:confirmed', 'Confirm Sales Order'),
	('transition', 'sale.sale', 'state:processing', 'Release Sales Order'),
	('transition', 'sale.sale', 'state:cancelled', 'Cancel Sales Order'),
	('transition', 'sale.sale', 'state:draft', 'Reset Sales Order'),
	('transition', 'sale.sale', 'state:done', 'Complete Sales Order'),
	('transition', 'sale.sale', 'shipment_state:partially shipped', 'Sales Order Partly Shipped'),
	('transition', 'sale.sale', 'shipment_state:sent', 'Sales Order Shipped'),
	('transition', 'sale.sale', 'shipment_state:exception', 'Shipment Exception'),
	('transition', 'sale.sale', 'invoice_state:paid', 'Sales Order Paid'),
	('transition', 'sale.sale', 'invoice_state:exception', 'Invoice Exception'),
	('transition', 'stock.shipment.out', 'state:waiting', 'Wait for Stock'),
	('transition', 'stock.shipment.out', 'state:assigned', 'Allocate Stock'),
	('transition', 'stock.shipment.out', 'state:picked', 'Pick'),
	('transition', 'stock.shipment.out', 'state:packed', 'Pack'),
	('transition', 'stock.shipment.out', 'state:done', 'Post Goods Issue'),
	('transition', 'stock.shipment.out', 'state:shipped', 'Post Goods Issue'),
	('transition', 'stock.shipment.out', 'state:draft', 'Reset Delivery'),
	('transition', 'stock.shipment.out', 'state:cancelled', 'Cancel Delivery'),
	('transition', 'stock.shipment.out.return', 'state:received', 'Receive Return'),
	('transition', 'stock.shipment.out.return', 'state:cancelled', 'Cancel Delivery'),
	('transition', 'account.invoice', 'state:validated', 'Validate Invoice'),
	-- 7.0 writes no transition to posted: the button is the posting
	('button', 'account.invoice', 'post', 'Post Invoice'),
	('transition', 'account.invoice', 'state:paid', 'Invoice Paid'),
	('transition', 'account.invoice', 'state:cancelled', 'Cancel Invoice'),
	('transition', 'sale.complaint', 'state:waiting', 'Submit Dispute'),
	('transition', 'sale.complaint', 'state:approved', 'Approve Dispute'),
	('transition', 'sale.complaint', 'state:rejected', 'Reject Dispute'),
	('transition', 'sale.complaint', 'state:done', 'Close Dispute'),
	('transition', 'sale.complaint', 'state:cancelled', 'Close Dispute'),
	('transition', 'sale.amendment', 'state:validated', 'Amend Sales Order')
) AS t(event, model, target, activity);

-- A write tells which fields, not what: the values follow from the history where there is one.
CREATE VIEW edit AS
SELECT * FROM (VALUES
	('sale.sale', 'Change Sales Order'),
	('stock.shipment.out', 'Change Delivery'),
	('account.invoice', 'Change Invoice')
) AS t(model, activity);

-- Tryton's models and ours ---------------------------------------------------

CREATE VIEW noun AS
SELECT * FROM (VALUES
	('sale.sale', 'SalesOrder', 'sale:'),
	('sale.line', 'SalesOrderItem', 'sale-line:'),
	('sale.amendment', 'Amendment', 'amendment:'),
	('sale.complaint', 'DisputeCase', 'complaint:'),
	('stock.shipment.out', 'Delivery', 'shipment:'),
	('stock.shipment.out.return', 'Delivery', 'return-shipment:'),
	('account.invoice', 'Invoice', 'invoice:'),
	('account.invoice.line', 'InvoiceItem', 'invoice-line:')
) AS t(model, type, prefix);

CREATE VIEW customer_invoice AS
SELECT i.*, l.net, coalesce(i.untaxed_amount_cache, l.net, 0) AS untaxed,
       CASE WHEN coalesce(i.total_amount_cache, l.net) < 0 THEN 'credit_memo' ELSE 'invoice' END AS kind
FROM account_invoice i
LEFT JOIN (SELECT invoice, sum(quantity::DECIMAL(38,6) * unit_price) AS net FROM account_invoice_line WHERE type = 'line' GROUP BY ALL) l ON l.invoice = i.id
WHERE i.type = 'out';

-- What was sold and sent: an outgoing move is a delivery line, the move from
-- the shelf to the dock before it is the stock allocated to it.
CREATE VIEW goods AS
SELECT m.*, s.id AS shipment_id, 'shipment:' || s.id AS delivery, m.from_location = s.warehouse_output AS is_line, 1 AS sign
FROM stock_move m JOIN stock_shipment_out s ON m.shipment = 'stock.shipment.out,' || s.id
UNION ALL
SELECT m.*, s.id, 'return-shipment:' || s.id, m.to_location = s.warehouse_input, -1
FROM stock_move m JOIN stock_shipment_out_return s ON m.shipment = 'stock.shipment.out.return,' || s.id;

-- The receivables ledger -----------------------------------------------------

-- Customer accounts' lines, signed: what the customer owes is positive.
CREATE VIEW receivable_line AS
SELECT l.*, m.date, m.company, m.origin AS move_origin, m.number AS move_number,
       coalesce(l.amount_second_currency, l.debit - l.credit) AS amount,
       coalesce(k.code, h.code) AS currency
FROM account_move_line l
JOIN account_account a ON a.id = l.account
JOIN account_account_type t ON t.id = a.type AND t.receivable
JOIN account_move m ON m.id = l.move
LEFT JOIN money k ON k.currency = l.second_currency
-- the company's currency: that of its invoices that are booked without a second one
LEFT JOIN (SELECT i.company, min(c.code) AS code
           FROM account_invoice i JOIN account_move_line x ON x.move = i.move AND x.second_currency IS NULL
           JOIN money c ON c.currency = i.currency GROUP BY ALL) h ON h.company = m.company
WHERE m.state = 'posted' OR m.post_date IS NOT NULL OR l.state = 'valid';

-- Ledger lines that are money received: registered on an invoice, or from a bank statement.
CREATE VIEW payment_line AS
SELECT l.*, s.line AS statement_line,
       CASE WHEN s.line IS NOT NULL THEN 'statement-line:' || s.line ELSE 'payment:' || l.id END AS receipt
FROM receivable_line l
LEFT JOIN (SELECT move, min(id) AS line FROM account_statement_line WHERE move IS NOT NULL GROUP BY ALL) s ON s.move = l.move
WHERE s.line IS NOT NULL
   OR l.id IN (SELECT line FROM "account_invoice-account_move_line");

CREATE VIEW entry AS
SELECT l.*, i.id AS invoice,
       CASE WHEN l.move = i.cancel_move THEN 'cancellation'
            WHEN i.id IS NOT NULL THEN i.kind
            WHEN w.move IS NOT NULL THEN 'write_off'
            ELSE 'journal' END AS kind
FROM receivable_line l
-- by either move alone: joined by a condition on both, every invoice would meet every line of its account
LEFT JOIN (SELECT id, kind, account, cancel_move, move FROM customer_invoice
           UNION SELECT id, kind, account, cancel_move, cancel_move FROM customer_invoice) i ON i.move = l.move AND i.account = l.account
LEFT JOIN (SELECT DISTINCT x.move FROM account_move_line x
           JOIN account_account a ON a.id = x.account
           JOIN account_account_type t ON t.id = a.type WHERE t.expense) w ON w.move = l.move
WHERE l.id NOT IN (SELECT id FROM payment_line);

-- Payments of an invoice fill its entries, the earliest due first.
CREATE VIEW applied AS
WITH
e AS (
	SELECT id, invoice, amount, currency,
	       sum(amount) OVER (PARTITION BY invoice ORDER BY maturity_date, id) AS upto
	FROM entry WHERE invoice IS NOT NULL AND kind <> 'cancellation'
),
p AS (
	SELECT x.id AS link, x.invoice, l.id AS line, l.receipt, l.reconciliation, l.date, -l.amount AS amount, x.create_date, x.create_uid,
	       sum(-l.amount) OVER (PARTITION BY x.invoice ORDER BY x.create_date, x.id) AS upto
	FROM "account_invoice-account_move_line" x JOIN payment_line l ON l.id = x.line
)
SELECT p.link, p.line, p.receipt, p.reconciliation, p.date, p.create_date, p.create_uid, e.id AS entry, e.currency,
       sign(e.amount) * (least(abs(p.upto), abs(e.upto)) - greatest(abs(p.upto - p.amount), abs(e.upto - e.amount))) AS amount
FROM p JOIN e ON e.invoice = p.invoice AND sign(e.amount) = sign(p.amount)
WHERE least(abs(p.upto), abs(e.upto)) > greatest(abs(p.upto - p.amount), abs(e.upto - e.amount));

-- What a reconciliation settles beyond payments registered on invoices:
-- credit notes, cancellations, write-offs, payments on account.
CREATE VIEW settled AS
SELECT l.reconciliation, l.entry, NULL AS receipt, l.amount - coalesce(a.amount, 0) AS amount, l.currency, l.date
FROM (SELECT id AS entry, reconciliation, amount, currency, date FROM entry WHERE reconciliation IS NOT NULL) l
LEFT JOIN (SELECT entry, sum(amount) AS amount FROM applied GROUP BY ALL) a ON a.entry = l.entry
WHERE l.amount <> coalesce(a.amount, 0)
UNION ALL
SELECT l.reconciliation, NULL, l.receipt, sum(-l.amount - coalesce(a.amount, 0)), min(l.currency), max(l.date)
FROM payment_line l
LEFT JOIN (SELECT line, sum(amount) AS amount FROM applied GROUP BY ALL) a ON a.line = l.id
WHERE l.reconciliation IS NOT NULL AND -l.amount <> coalesce(a.amount, 0)
GROUP BY ALL;

CREATE VIEW receipt AS
SELECT p.receipt AS id,
       CASE WHEN p.statement_line IS NULL THEN 'account_move_line' ELSE 'account_statement_line' END AS source_table,
       coalesce(p.statement_line, p.id)::VARCHAR AS source_key,
       CASE WHEN p.statement_line IS NULL THEN 'registered' ELSE 'bank' END AS kind,
       coalesce(s.name, p.move_number) AS number, coalesce(sl.date, p.date) AS value_date,
       (SELECT -sum(x.amount) FROM payment_line x WHERE x.receipt = p.receipt) AS amount,
       p.currency, sl.description AS reference, p.party
FROM payment_line p
LEFT JOIN account_statement_line sl ON sl.id = p.statement_line
LEFT JOIN account_statement s ON s.id = sl.statement
QUALIFY row_number() OVER (PARTITION BY p.receipt ORDER BY p.id) = 1
UNION ALL
-- on a statement that is not posted yet
SELECT 'statement-line:' || sl.id, 'account_statement_line', sl.id::VARCHAR, 'bank', s.name, sl.date, sl.amount,
       (SELECT min(currency) FROM receivable_line), sl.description, sl.party
FROM account_statement_line sl
JOIN account_statement s ON s.id = sl.statement
JOIN account_account a ON a.id = sl.account
JOIN account_account_type t ON t.id = a.type AND t.receivable
WHERE sl.move IS NULL;

-- Lines given up: their deliveries were cancelled and, when the exception was
-- handled, not planned again.
CREATE VIEW given_up AS
SELECT l.id AS line, l.sale, g.id AS log, g.create_date, g."user"
FROM sale_line l
JOIN (SELECT split_part(resource, ',', 2)::BIGINT AS sale, max(id) AS id, max(create_date) AS create_date, arg_max("user", id) AS "user"
      FROM ir_model_log WHERE event = 'wizard' AND target = 'sale.handle.shipment.exception:handle' GROUP BY ALL) g ON g.sale = l.sale
WHERE EXISTS (FROM stock_move m WHERE m.origin = 'sale.line,' || l.id AND m.state = 'cancelled')
  AND NOT EXISTS (FROM stock_move m WHERE m.origin = 'sale.line,' || l.id AND m.state <> 'cancelled');

-- Changes with values, from the history ---------------------------------------

CREATE VIEW change AS
WITH
line AS (
	SELECT h.*, lag(quantity) OVER w AS old_quantity, lag(unit_price) OVER w AS old_price
	FROM sale_line__history h WINDOW w AS (PARTITION BY id ORDER BY __id)
),
sale AS (
	SELECT h.*, lag(shipping_date) OVER w AS old_date, row_number() OVER w AS version
	FROM sale_sale__history h WINDOW w AS (PARTITION BY id ORDER BY __id)
)
SELECT 'h-qty-' || __id AS key, 'Change Quantity' AS activity, 'SalesOrderItem' AS type, 'sale-line:' || id AS id,
       'quantity' AS attribute, old_quantity::VARCHAR AS old_value, quantity::VARCHAR AS new_value,
       write_date AS time, write_uid AS uid, 'sale_line__history' AS source_table, __id::VARCHAR AS source_key
FROM line WHERE old_quantity <> quantity
UNION ALL
SELECT 'h-price-' || __id, 'Change Price', 'SalesOrderItem', 'sale-line:' || id,
       'net_price', old_price::VARCHAR, unit_price::VARCHAR, write_date, write_uid, 'sale_line__history', __id::VARCHAR
FROM line WHERE old_price <> unit_price
UNION ALL
SELECT 'h-date-' || __id, 'Change Requested Date', 'SalesOrder', 'sale:' || id,
       'requested_date', old_date::VARCHAR, shipping_date::VARCHAR, write_date, write_uid, 'sale_sale__history', __id::VARCHAR
FROM sale WHERE version > 1 AND old_date IS DISTINCT FROM shipping_date;

-- Events ------------------------------------------------------------------------

-- trigger_kind: entry (somebody entered a record), manual (somebody acted on it),
-- follow-up (the system's consequence of another act).
CREATE VIEW happened AS
-- records are created
SELECT 'c-sale-' || s.id AS key, CASE WHEN r.sale IS NULL THEN 'Create Sales Order' ELSE 'Create Return Order' END AS activity,
       s.create_date AS time, s.create_uid AS uid, 'SalesOrder' AS type, 'sale:' || s.id AS id, 'sale_sale' AS source_table, s.id::VARCHAR AS source_key,
       CASE WHEN s.origin LIKE 'sale.complaint,%' THEN 'follow-up' ELSE 'entry' END AS trigger_kind, NULL::BIGINT AS log,
       NULL::VARCHAR AS field, NULL::VARCHAR AS old_value, NULL::VARCHAR AS new_value,
       NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, s.sale_date AS business_date
FROM sale_sale s LEFT JOIN (SELECT DISTINCT sale FROM sale_line WHERE quantity < 0) r ON r.sale = s.id
UNION ALL BY NAME
SELECT 'c-ship-' || id AS key, 'Create Delivery' AS activity, create_date AS time, create_uid AS uid, 'Delivery' AS type, 'shipment:' || id AS id,
       'stock_shipment_out' AS source_table, id::VARCHAR AS source_key, planned_date AS business_date FROM stock_shipment_out
UNION ALL BY NAME
SELECT 'c-retship-' || id AS key, 'Create Return Delivery' AS activity, create_date AS time, create_uid AS uid, 'Delivery' AS type, 'return-shipment:' || id AS id,
       'stock_shipment_out_return' AS source_table, id::VARCHAR AS source_key, planned_date AS business_date FROM stock_shipment_out_return
UNION ALL BY NAME
SELECT 'c-inv-' || i.id AS key, CASE kind WHEN 'credit_memo' THEN 'Create Credit Memo' ELSE 'Create Invoice' END AS activity,
       create_date AS time, create_uid AS uid, 'Invoice' AS type, 'invoice:' || i.id AS id, 'account_invoice' AS source_table, i.id::VARCHAR AS source_key,
       untaxed AS amount, k.code AS currency, invoice_date AS business_date
FROM customer_invoice i LEFT JOIN money k ON k.currency = i.currency
UNION ALL BY NAME
SELECT 'c-cmp-' || id AS key, 'Open Dispute' AS activity, create_date AS time, create_uid AS uid, 'DisputeCase' AS type, 'complaint:' || id AS id,
       'sale_complaint' AS source_table, id::VARCHAR AS source_key, 'entry' AS trigger_kind, date AS business_date FROM sale_complaint
UNION ALL BY NAME
SELECT 'c-stl-' || sl.id AS key, 'Receive Payment' AS activity, sl.create_date AS time, sl.create_uid AS uid, 'Receipt' AS type,
       coalesce((SELECT min(p.receipt) FROM payment_line p WHERE p.move = sl.move), 'statement-line:' || sl.id) AS id,
       'account_statement_line' AS source_table, sl.id::VARCHAR AS source_key, 'entry' AS trigger_kind, sl.amount, r.currency, sl.date AS business_date
FROM account_statement_line sl
JOIN receipt r ON r.id = coalesce((SELECT min(p.receipt) FROM payment_line p WHERE p.move = sl.move), 'statement-line:' || sl.id)
UNION ALL BY NAME
SELECT 'c-pay-' || id AS key, 'Receive Payment' AS activity, create_date AS time, create_uid AS uid, 'Receipt' AS type, receipt AS id,
       'account_move_line' AS source_table, id::VARCHAR AS source_key, -amount AS amount, currency, date AS business_date
FROM payment_line WHERE statement_line IS NULL
UNION ALL BY NAME
SELECT 'apply-' || link AS key, 'Apply Cash' AS activity, min(create_date) AS time, min(create_uid) AS uid, 'Application' AS type, 'application:' || link AS id,
       'account_invoice-account_move_line' AS source_table, link::VARCHAR AS source_key, sum(amount) AS amount, min(currency) AS currency, min(date) AS business_date
FROM applied GROUP BY link
UNION ALL BY NAME
SELECT 'c-rec-' || r.id AS key, 'Clear Receivable' AS activity, r.create_date AS time, r.create_uid AS uid, NULL AS type, NULL AS id,
       'account_move_reconciliation' AS source_table, r.id::VARCHAR AS source_key, r.date AS business_date
FROM account_move_reconciliation r WHERE r.id IN (SELECT reconciliation FROM receivable_line)
-- values change
UNION ALL BY NAME
SELECT key, activity, time, uid, type, id, source_table, source_key, attribute AS field, old_value, new_value FROM change
-- the audit log
UNION ALL BY NAME
SELECT 'l-' || g.id AS key, coalesce(w.activity, e.activity) AS activity, g.create_date AS time, coalesce(g."user", g.create_uid) AS uid,
       n.type, n.prefix || split_part(g.resource, ',', 2) AS id, 'ir_model_log' AS source_table, g.id::VARCHAR AS source_key,
       CASE WHEN g.event <> 'transition' OR a.time IS NOT NULL THEN 'manual' ELSE 'follow-up' END AS trigger_kind, g.id AS log,
       CASE WHEN g.event = 'write' THEN g.target END AS field
FROM ir_model_log g
JOIN noun n ON n.model = split_part(g.resource, ',', 1)
LEFT JOIN word w ON w.event = g.event AND w.model = n.model AND w.target = g.target
LEFT JOIN edit e ON g.event = 'write' AND e.model = n.model
LEFT JOIN act a ON a.time = g.create_date AND a.resource = g.resource
WHERE coalesce(w.activity, e.activity) IS NOT NULL
  AND (n.type <> 'Invoice' OR split_part(g.resource, ',', 2)::BIGINT NOT IN (SELECT id FROM account_invoice WHERE type <> 'out'))
-- lines given up when a cancelled delivery was dealt with
UNION ALL BY NAME
SELECT 'reject-' || line AS key, 'Reject Item' AS activity, create_date AS time, "user" AS uid, 'SalesOrderItem' AS type, 'sale-line:' || line AS id,
       'ir_model_log' AS source_table, log::VARCHAR AS source_key, 'manual' AS trigger_kind, log FROM given_up;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, a.login AS resource,
       CASE WHEN h.uid = 0 OR h.trigger_kind = 'follow-up' THEN 'scheduler'
            WHEN h.trigger_kind IS NULL AND x.time IS NULL THEN 'scheduler'
            ELSE coalesce(a.kind, 'unknown') END AS actor_kind,
       -- events without a place in the log come before those of their transaction
       coalesce(h.log, b.log, 0) AS sequence,
       h.source_table, h.source_key,
       coalesce(h.trigger_kind, CASE WHEN x.time IS NULL THEN 'follow-up' ELSE 'manual' END) AS trigger_kind,
       h.field, h.old_value, h.new_value, h.amount, h.currency, h.business_date
FROM happened h
LEFT JOIN actor a ON a.uid = h.uid
LEFT JOIN (SELECT DISTINCT time FROM act) x ON x.time = h.time
ASOF LEFT JOIN (SELECT create_date AS time, max(id) AS log FROM ir_model_log GROUP BY ALL) b ON h.time > b.time
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, amount, currency FROM happened WHERE id IS NOT NULL
UNION ALL
SELECT 'apply-' || link, 'AREntry', 'entry:' || entry, 'clears', NULL, sum(amount), min(currency) FROM applied GROUP BY link, entry
UNION ALL
SELECT 'apply-' || link, 'Receipt', receipt, 'applies', NULL, sum(amount), min(currency) FROM applied GROUP BY link, receipt
UNION ALL
SELECT 'c-rec-' || reconciliation, 'AREntry', 'entry:' || id, 'on', NULL, amount, currency FROM entry WHERE reconciliation IS NOT NULL
UNION ALL
SELECT 'c-rec-' || reconciliation, 'Receipt', receipt, 'applies', NULL, sum(-amount), min(currency) FROM payment_line
WHERE reconciliation IS NOT NULL GROUP BY ALL
UNION ALL
SELECT DISTINCT 'c-rec-' || reconciliation, 'Application', 'application:' || link, 'by', NULL, NULL::DECIMAL(18,4), NULL FROM applied
WHERE reconciliation IS NOT NULL
UNION ALL
SELECT DISTINCT 'c-rec-' || reconciliation, 'Application', 'reconciliation:' || reconciliation, 'by', NULL, NULL, NULL FROM settled;

-- Objects -----------------------------------------------------------------------

-- Records that were deleted and live on in the audit log only, such as the
-- delivery that an amendment replaced.
CREATE VIEW deleted AS
SELECT h.type, h.id, 'ir_model_log' AS source_table, min(h.log)::VARCHAR AS source_key, 'deleted' AS status
FROM happened h
WHERE h.source_table = 'ir_model_log' AND h.id NOT IN (
	SELECT 'sale:' || id FROM sale_sale UNION ALL SELECT 'sale-line:' || id FROM sale_line
	UNION ALL SELECT 'shipment:' || id FROM stock_shipment_out UNION ALL SELECT 'return-shipment:' || id FROM stock_shipment_out_return
	UNION ALL SELECT 'invoice:' || id FROM account_invoice
	UNION ALL SELECT 'complaint:' || id FROM sale_complaint UNION ALL SELECT 'amendment:' || id FROM sale_amendment)
GROUP BY h.type, h.id;

CREATE VIEW object_Customer AS
SELECT 'party:' || p.id AS id, 'party_party' AS source_table, p.id::VARCHAR AS source_key, p.code AS number, p.name, t.tax_number
FROM party_party p
-- The first that is one, as Tryton takes it. All but those of the European Union are written without the country, which the type begins with.
LEFT JOIN (SELECT party, arg_min(CASE WHEN type = 'eu_vat' OR regexp_matches(code, '^[A-Za-z]{2}') THEN code ELSE upper(left(type, 2)) || code END, (coalesce(sequence, 0), id)) AS tax_number
           FROM party_identifier WHERE coalesce(active, TRUE) AND regexp_matches(type, '^([a-z]{2}_vat|ch_uid|fr_tva|es_nif|it_iva|pt_nif|no_mva|us_ein|in_gstin|br_cnpj|mx_rfc|au_abn|ca_bn|nz_ird)$') GROUP BY party) t ON t.party = p.id
WHERE p.id IN (SELECT party FROM sale_sale UNION SELECT party FROM account_invoice WHERE type = 'out'
               UNION SELECT customer FROM sale_complaint UNION SELECT party FROM receivable_line);

CREATE VIEW object_Material AS
SELECT 'product:' || p.id AS id, 'product_product' AS source_table, p.id::VARCHAR AS source_key, p.code AS number, t.name, u.name AS unit, b.gtin
FROM product_product p JOIN product_template t ON t.id = p.template LEFT JOIN measure u ON u.unit = t.default_uom
LEFT JOIN (SELECT product, arg_min(code, (coalesce(sequence, 0), id)) AS gtin FROM product_identifier WHERE type = 'ean' AND coalesce(active, TRUE) GROUP BY product) b ON b.product = p.id;

CREATE VIEW object_SalesOrder AS
SELECT 'sale:' || s.id AS id, 'sale_sale' AS source_table, s.id::VARCHAR AS source_key, s.number,
       CASE WHEN l.lowest < 0 THEN 'return' ELSE 'order' END AS kind, s.state AS status,
       CASE a.kind WHEN 'interface' THEN 'edi' WHEN 'bot' THEN 'api' WHEN 'customer' THEN 'portal' WHEN 'human' THEN 'desk' END AS channel,
       s.reference AS customer_reference, s.shipping_date AS requested_date, s.company::VARCHAR AS organisation, s.warehouse::VARCHAR AS site,
       coalesce(s.untaxed_amount_cache, l.net) AS net_value, k.code AS currency
FROM sale_sale s
LEFT JOIN (SELECT sale, min(quantity) AS lowest, sum(quantity::DECIMAL(38,6) * unit_price) AS net FROM sale_line WHERE type = 'line' GROUP BY ALL) l ON l.sale = s.id
LEFT JOIN actor a ON a.uid = s.create_uid
LEFT JOIN money k ON k.currency = s.currency
UNION ALL BY NAME
SELECT id, source_table, source_key, status FROM deleted WHERE type = 'SalesOrder';

CREATE VIEW object_SalesOrderItem AS
SELECT 'sale-line:' || l.id AS id, 'sale_line' AS source_table, l.id::VARCHAR AS source_key,
       row_number() OVER (PARTITION BY l.sale ORDER BY l.sequence NULLS LAST, l.id) AS position,
       l.quantity, u.name AS unit, l.unit_price AS net_price, l.quantity::DECIMAL(38,6) * l.unit_price AS net_value, k.code AS currency,
       m.first_date AS first_confirmed_date, m.last_date AS confirmed_date,
       CASE WHEN l.quantity > 0 AND m.last_date IS NOT NULL THEN coalesce(m.in_time, 0) END AS confirmed_quantity,
       CASE WHEN g.line IS NOT NULL THEN 'delivery cancelled' END AS rejection_reason,
       CASE WHEN g.line IS NOT NULL THEN 'internal' END AS rejected_by
FROM sale_line l
JOIN sale_sale s ON s.id = l.sale
-- what is planned is promised: by the day the customer asks for, in_time
LEFT JOIN (SELECT k.origin, arg_min(coalesce(k.origin_planned_date, k.planned_date), k.id) AS first_date,
                  max(k.planned_date) FILTER (k.state <> 'cancelled') AS last_date,
                  sum(k.quantity) FILTER (k.state <> 'cancelled' AND coalesce(k.planned_date <= o.shipping_date, TRUE)) AS in_time
           FROM stock_move k JOIN sale_line x ON k.origin = 'sale.line,' || x.id JOIN sale_sale o ON o.id = x.sale
           GROUP BY k.origin) m ON m.origin = 'sale.line,' || l.id
LEFT JOIN given_up g ON g.line = l.id
LEFT JOIN measure u ON u.unit = l.unit
LEFT JOIN money k ON k.currency = s.currency
WHERE l.type = 'line';

CREATE VIEW object_Delivery AS
SELECT 'shipment:' || id AS id, 'stock_shipment_out' AS source_table, id::VARCHAR AS source_key, number, 'outbound' AS kind, state AS status,
       warehouse::VARCHAR AS site, origin_planned_date AS first_planned_date, planned_date, effective_date AS goods_issue_date
FROM stock_shipment_out
UNION ALL
SELECT 'return-shipment:' || id, 'stock_shipment_out_return', id::VARCHAR, number, 'return', state,
       warehouse::VARCHAR, origin_planned_date, planned_date, effective_date
FROM stock_shipment_out_return
UNION ALL BY NAME
SELECT id, source_table, source_key, status FROM deleted WHERE type = 'Delivery';

CREATE VIEW object_DeliveryItem AS
SELECT 'move:' || g.id AS id, 'stock_move' AS source_table, g.id::VARCHAR AS source_key, g.sign * g.quantity AS quantity,
       a.allocated AS allocated_quantity, a.picked AS picked_quantity, u.name AS unit, g.unit_price AS net_price, k.code AS currency, g.state AS status
FROM goods g
LEFT JOIN (SELECT origin, sum(quantity) FILTER (state IN ('assigned', 'done')) AS allocated, sum(quantity) FILTER (state = 'done') AS picked
           FROM goods WHERE NOT is_line GROUP BY ALL) a ON a.origin = 'stock.move,' || g.id
LEFT JOIN measure u ON u.unit = g.unit
LEFT JOIN money k ON k.currency = g.currency
WHERE g.is_line;

CREATE VIEW object_Allocation AS
SELECT 'move:' || g.id AS id, 'stock_move' AS source_table, g.id::VARCHAR AS source_key, g.quantity, u.name AS unit,
       g.from_location::VARCHAR AS location, g.state AS status
FROM goods g LEFT JOIN measure u ON u.unit = g.unit WHERE NOT g.is_line;

CREATE VIEW object_Invoice AS
SELECT 'invoice:' || i.id AS id, 'account_invoice' AS source_table, i.id::VARCHAR AS source_key, i.number, i.kind, i.state AS status, i.invoice_date,
       date_diff('day', i.invoice_date, e.due) AS payment_terms_days, i.company::VARCHAR AS organisation,
       i.untaxed AS net_amount, coalesce(i.total_amount_cache, i.untaxed) AS gross_amount, k.code AS currency
FROM customer_invoice i
LEFT JOIN (SELECT invoice, max(maturity_date) AS due FROM entry WHERE kind <> 'cancellation' GROUP BY ALL) e ON e.invoice = i.id
LEFT JOIN money k ON k.currency = i.currency
UNION ALL BY NAME
SELECT id, source_table, source_key, status FROM deleted WHERE type = 'Invoice';

CREATE VIEW object_InvoiceItem AS
SELECT 'invoice-line:' || l.id AS id, 'account_invoice_line' AS source_table, l.id::VARCHAR AS source_key,
       row_number() OVER (PARTITION BY l.invoice ORDER BY l.sequence NULLS LAST, l.id) AS position,
       l.quantity, u.name AS unit, l.unit_price AS net_price, l.quantity::DECIMAL(38,6) * l.unit_price AS net_amount, k.code AS currency
FROM account_invoice_line l
JOIN customer_invoice i ON i.id = l.invoice
LEFT JOIN measure u ON u.unit = l.unit
LEFT JOIN money k ON k.currency = l.currency
WHERE l.type = 'line';

CREATE VIEW object_AREntry AS
SELECT 'entry:' || id AS id, 'account_move_line' AS source_table, id::VARCHAR AS source_key, kind, date AS posting_date,
       coalesce(maturity_date, date) AS due_date, amount, currency
FROM entry;

CREATE VIEW object_Receipt AS
SELECT id, source_table, source_key, number, kind, value_date, amount, currency, reference FROM receipt;

CREATE VIEW object_Application AS
SELECT 'application:' || a.link AS id, 'account_invoice-account_move_line' AS source_table, a.link::VARCHAR AS source_key,
       NULL::VARCHAR AS kind, min(a.date) AS date, min(r.number) AS clearing
FROM applied a LEFT JOIN account_move_reconciliation r ON r.id = a.reconciliation GROUP BY a.link
UNION ALL
SELECT 'reconciliation:' || r.id, 'account_move_reconciliation', r.id::VARCHAR, NULL, max(coalesce(r.date, s.date)), r.number
FROM settled s JOIN account_move_reconciliation r ON r.id = s.reconciliation GROUP BY r.id, r.number;

CREATE VIEW object_DisputeCase AS
SELECT 'complaint:' || c.id AS id, 'sale_complaint' AS source_table, c.id::VARCHAR AS source_key, c.number, t.name AS reason,
       CASE WHEN regexp_matches(t.name, 'price|billing|invoice', 'i') THEN 'price'
            WHEN regexp_matches(t.name, 'quantity|short|missing', 'i') THEN 'quantity'
            WHEN regexp_matches(t.name, 'damag|quality|defect|broken', 'i') THEN 'quality'
            WHEN regexp_matches(t.name, 'paper|document|label', 'i') THEN 'paperwork'
            ELSE 'other' END AS reason_class,
       c.state AS status,
       CASE WHEN c.state IN ('approved', 'done') THEN 'upheld' WHEN c.state = 'rejected' THEN 'rejected' END AS outcome
FROM sale_complaint c LEFT JOIN sale_complaint_type t ON t.id = c.type
UNION ALL BY NAME
SELECT id, source_table, source_key, status FROM deleted WHERE type = 'DisputeCase';

CREATE VIEW object_Amendment AS
SELECT 'amendment:' || id AS id, 'sale_amendment' AS source_table, id::VARCHAR AS source_key, description, state AS status FROM sale_amendment
UNION ALL BY NAME
SELECT id, source_table, source_key, status FROM deleted WHERE type = 'Amendment';

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'SalesOrder' AS source_type, 'sale:' || id AS source_id, 'Customer' AS target_type, 'party:' || party AS target_id, 'sold to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM sale_sale
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'sale-line:' || id AS source_id, 'SalesOrder' AS target_type, 'sale:' || sale AS target_id, 'item of' AS qualifier
FROM sale_line WHERE type = 'line'
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'sale-line:' || id AS source_id, 'Material' AS target_type, 'product:' || product AS target_id, 'is of' AS qualifier
FROM sale_line WHERE type = 'line' AND product IS NOT NULL
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, 'move:' || id AS source_id, 'SalesOrderItem' AS target_type, 'sale-line:' || split_part(origin, ',', 2) AS target_id,
       'fulfils' AS qualifier, sign * quantity AS quantity
FROM goods WHERE is_line AND origin LIKE 'sale.line,%'
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, 'move:' || id AS source_id, 'Delivery' AS target_type, delivery AS target_id, 'item of' AS qualifier
FROM goods WHERE is_line
UNION ALL BY NAME
-- a deleted delivery is of the one order that moved on in the transaction which
-- made it; orders are counted before they meet deliveries: a transaction of many
-- of both has their product
SELECT 'Delivery' AS source_type, d.id AS source_id, 'SalesOrder' AS target_type, 'sale:' || split_part(o.resource, ',', 2) AS target_id, 'fulfils' AS qualifier
FROM deleted d
JOIN ir_model_log g ON g.id = d.source_key::BIGINT
JOIN (SELECT create_date, min(resource) AS resource FROM ir_model_log
      WHERE event = 'transition' AND resource LIKE 'sale.sale,%'
      GROUP BY ALL HAVING min(resource) = max(resource)) o ON o.create_date = g.create_date
WHERE d.type = 'Delivery'
UNION ALL BY NAME
SELECT 'Allocation' AS source_type, 'move:' || id AS source_id, 'Delivery' AS target_type, delivery AS target_id, 'part of' AS qualifier
FROM goods WHERE NOT is_line
UNION ALL BY NAME
SELECT 'Allocation' AS source_type, 'move:' || id AS source_id, 'DeliveryItem' AS target_type, 'move:' || split_part(origin, ',', 2) AS target_id,
       'reserves for' AS qualifier, quantity
FROM goods WHERE NOT is_line AND origin LIKE 'stock.move,%'
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-line:' || l.id AS source_id, 'Invoice' AS target_type, 'invoice:' || l.invoice AS target_id, 'item of' AS qualifier
FROM account_invoice_line l JOIN customer_invoice i ON i.id = l.invoice WHERE l.type = 'line'
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-line:' || l.id AS source_id, 'SalesOrderItem' AS target_type, 'sale-line:' || split_part(l.origin, ',', 2) AS target_id,
       'bills' AS qualifier, l.quantity, l.quantity::DECIMAL(38,6) * l.unit_price AS amount, k.code AS currency
FROM account_invoice_line l JOIN customer_invoice i ON i.id = l.invoice LEFT JOIN money k ON k.currency = l.currency
WHERE l.type = 'line' AND l.origin LIKE 'sale.line,%'
UNION ALL BY NAME
-- an invoice line that bills several moves bills each by its quantity
SELECT 'InvoiceItem' AS source_type, 'invoice-line:' || l.id AS source_id, 'DeliveryItem' AS target_type, 'move:' || x.stock_move AS target_id, 'bills' AS qualifier,
       CASE WHEN n.moves = 1 THEN l.quantity ELSE g.sign * g.quantity END AS quantity,
       CASE WHEN n.moves = 1 THEN l.quantity ELSE g.sign * g.quantity END::DECIMAL(38,6) * l.unit_price AS amount, k.code AS currency
FROM "account_invoice_line-stock_move" x
JOIN account_invoice_line l ON l.id = x.invoice_line AND l.type = 'line'
JOIN customer_invoice i ON i.id = l.invoice
JOIN goods g ON g.id = x.stock_move AND g.is_line
JOIN (SELECT invoice_line, count(*) AS moves FROM "account_invoice_line-stock_move" GROUP BY ALL) n ON n.invoice_line = l.id
LEFT JOIN money k ON k.currency = l.currency
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || id AS source_id, 'Customer' AS target_type, 'party:' || party AS target_id, 'billed to' AS qualifier FROM customer_invoice
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || l.invoice AS source_id, 'Invoice' AS target_type, 'invoice:' || o.invoice AS target_id, 'corrects' AS qualifier,
       sum(l.quantity::DECIMAL(38,6) * l.unit_price) AS amount, min(k.code) AS currency
FROM account_invoice_line l
JOIN customer_invoice i ON i.id = l.invoice AND i.kind = 'credit_memo'
JOIN account_invoice_line o ON l.origin = 'account.invoice.line,' || o.id
LEFT JOIN money k ON k.currency = l.currency
GROUP BY l.invoice, o.invoice
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, 'entry:' || id AS source_id, 'Invoice' AS target_type, 'invoice:' || invoice AS target_id, 'receivable of' AS qualifier, amount, currency
FROM entry WHERE invoice IS NOT NULL
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, 'entry:' || id AS source_id, 'Customer' AS target_type, 'party:' || party AS target_id, 'owed by' AS qualifier FROM entry WHERE party IS NOT NULL
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, id AS source_id, 'Customer' AS target_type, 'party:' || party AS target_id, 'paid by' AS qualifier FROM receipt WHERE party IS NOT NULL
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, coalesce((SELECT min(p.receipt) FROM payment_line p WHERE p.move = sl.move), 'statement-line:' || sl.id) AS source_id,
       'Invoice' AS target_type, 'invoice:' || split_part(sl.related_to, ',', 2) AS target_id, 'pays' AS qualifier, sum(sl.amount) AS amount, min(k.code) AS currency
FROM account_statement_line sl
JOIN customer_invoice i ON sl.related_to = 'account.invoice,' || i.id
LEFT JOIN money k ON k.currency = i.currency GROUP BY ALL
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'application:' || link AS source_id, 'AREntry' AS target_type, 'entry:' || entry AS target_id, 'clears' AS qualifier,
       amount, currency FROM applied
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'application:' || link AS source_id, 'Receipt' AS target_type, receipt AS target_id, 'applies' AS qualifier,
       sum(amount) AS amount, min(currency) AS currency FROM applied GROUP BY link, receipt
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'reconciliation:' || reconciliation AS source_id, CASE WHEN entry IS NULL THEN 'Receipt' ELSE 'AREntry' END AS target_type,
       coalesce(receipt, 'entry:' || entry) AS target_id, CASE WHEN entry IS NULL THEN 'applies' ELSE 'clears' END AS qualifier, amount, currency FROM settled
UNION ALL BY NAME
SELECT 'DisputeCase' AS source_type, 'complaint:' || id AS source_id, 'Customer' AS target_type, 'party:' || customer AS target_id, 'raised by' AS qualifier FROM sale_complaint
UNION ALL BY NAME
SELECT 'DisputeCase' AS source_type, 'complaint:' || c.id AS source_id, n.type AS target_type, n.prefix || split_part(c.origin, ',', 2) AS target_id, 'disputes' AS qualifier
FROM sale_complaint c JOIN noun n ON n.model = split_part(c.origin, ',', 1)
UNION ALL BY NAME
SELECT DISTINCT 'DisputeCase' AS source_type, 'complaint:' || a.complaint AS source_id, n.type AS target_type, n.prefix || split_part(a.result, ',', 2) AS target_id, 'resolved by' AS qualifier
FROM sale_complaint_action a JOIN noun n ON n.model = split_part(a.result, ',', 1)
UNION ALL BY NAME
-- a return that came of a complaint about an order
SELECT DISTINCT 'SalesOrder' AS source_type, 'sale:' || s.id AS source_id, 'SalesOrder' AS target_type, 'sale:' || split_part(c.origin, ',', 2) AS target_id, 'returns' AS qualifier
FROM sale_sale s JOIN sale_complaint c ON s.origin = 'sale.complaint,' || c.id AND c.origin LIKE 'sale.sale,%'
UNION ALL BY NAME
SELECT 'Amendment' AS source_type, 'amendment:' || id AS source_id, 'SalesOrder' AS target_type, 'sale:' || sale AS target_id, 'amends' AS qualifier FROM sale_amendment;

CREATE VIEW object_change AS
SELECT type, id, attribute, time, old_value, new_value, key AS event_key FROM change;
