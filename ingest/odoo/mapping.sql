-- What happened in this Odoo 16, 17 or 18, in the words of the order-to-cash model?
--
-- What it relies on:
-- * create_date is the transaction's time, naive UTC; rows of one transaction
--   share it, mail_message.id orders them.
-- * Changes of tracked fields are in mail_tracking_value, of a mail_message:
--   states, promises, partners. A creation is not tracked: it is create_date
--   and create_uid. A state is tracked by its label in the user's language.
-- * Lines are not tracked. That they changed shows in the total of the order;
--   what changed, only in the module auditlog.
-- * What Odoo does as a consequence runs as the user who caused it: deliveries
--   made and stock reserved in the transaction of a confirmation or a goods
--   issue are the system's.

-- Who is who? The kind follows the login, where that says it (actors in doc.go), then the flag share.
CREATE VIEW actor AS
SELECT id AS uid, login,
       CASE WHEN id = 1 THEN 'scheduler' -- OdooBot: scheduled actions
            WHEN name_kind(login) <> 'unknown' THEN name_kind(login)
            WHEN share THEN 'customer'   -- portal users
            WHEN share = FALSE THEN 'human'
            ELSE 'unknown' END AS kind
FROM res_users;

-- Which day is it where the work is done? The zone most people in this Odoo have.
CREATE VIEW zone AS
SELECT coalesce((SELECT p.tz FROM res_users u JOIN res_partner p ON p.id = u.partner_id
                 WHERE u.share = FALSE AND u.id <> 1 AND p.tz IN (SELECT name FROM pg_timezone_names())
                 GROUP BY p.tz ORDER BY count(*) DESC, p.tz LIMIT 1), 'UTC') AS name;

CREATE VIEW money AS SELECT id AS currency, name AS code FROM res_currency;

-- Names that are translated are {"en_US": …, "de_DE": …}.
CREATE VIEW translated AS
SELECT noun, id, CASE WHEN name LIKE '{%' AND json_valid(name) THEN coalesce(json_extract_string(name, '$.en_US'), json_extract_string(name, '$.*')[1]) ELSE name END AS name
FROM (SELECT 'unit' AS noun, id, name FROM uom_uom
      UNION ALL SELECT 'product', id, name FROM product_template
      UNION ALL SELECT 'carrier', id, name FROM delivery_carrier);

CREATE VIEW measure AS
SELECT u.id AS unit, coalesce(t.name, 'unit:' || u.id) AS name, coalesce(nullif(u.factor, 0), 1) AS factor
FROM uom_uom u LEFT JOIN translated t ON t.noun = 'unit' AND t.id = u.id;

CREATE VIEW customer AS
SELECT id AS partner, coalesce(commercial_partner_id, id) AS customer FROM res_partner;

CREATE VIEW company AS
SELECT c.id AS company, coalesce(k.name, c.id::VARCHAR) AS name
FROM (SELECT company_id AS id FROM sale_order UNION SELECT company_id FROM account_move) c LEFT JOIN res_company k ON k.id = c.id;

CREATE VIEW terms AS
SELECT payment_id AS term, max(coalesce(nb_days, days)) AS days FROM account_payment_term_line GROUP BY payment_id;

-- Orders ------------------------------------------------------------------------

CREATE VIEW order_line AS
SELECT l.*, o.currency_id, o.company_id, coalesce(pt.type, '') AS product_type, u.name AS unit, coalesce(u.factor, 1) AS factor,
       round(CASE WHEN l.product_uom_qty <> 0 THEN l.price_subtotal / l.product_uom_qty ELSE l.price_unit END, 6)::DECIMAL(18,6) AS net_price
FROM sale_order_line l
JOIN sale_order o ON o.id = l.order_id
LEFT JOIN product_product p ON p.id = l.product_id
LEFT JOIN product_template pt ON pt.id = p.product_tmpl_id
LEFT JOIN measure u ON u.unit = l.product_uom
WHERE l.display_type IS NULL AND NOT coalesce(l.is_downpayment, FALSE);

CREATE VIEW return_order AS
SELECT order_id FROM order_line GROUP BY order_id HAVING max(product_uom_qty) <= 0 AND min(product_uom_qty) < 0;

-- Goods -------------------------------------------------------------------------

-- What leaves to a customer (sign 1) or comes back (-1).
CREATE VIEW goods AS
SELECT m.*, p.picking_type_id, CASE WHEN d.usage = 'customer' THEN 1 ELSE -1 END AS sign, u.name AS unit, coalesce(u.factor, 1) AS factor
FROM stock_move m
JOIN stock_picking p ON p.id = m.picking_id
JOIN stock_location s ON s.id = m.location_id
JOIN stock_location d ON d.id = m.location_dest_id
LEFT JOIN measure u ON u.unit = m.product_uom
WHERE (s.usage = 'customer') <> (d.usage = 'customer');

CREATE VIEW delivery AS
SELECT p.*, max(g.sign) AS sign, t.warehouse_id
FROM stock_picking p JOIN goods g ON g.picking_id = p.id LEFT JOIN stock_picking_type t ON t.id = p.picking_type_id
GROUP BY ALL;

-- How much of each move was done, or is reserved for it, in the move's unit?
CREATE VIEW done AS
SELECT m.id AS move, coalesce(round(sum(coalesce(l.quantity, l.qty_done) / coalesce(lu.factor, 1) * coalesce(mu.factor, 1)) FILTER (m.state = 'done'), 6),
                             CASE WHEN m.state = 'done' THEN coalesce(m.quantity, m.quantity_done, m.product_uom_qty) END)::DECIMAL(18,6) AS quantity,
       round(sum(coalesce(l.reserved_uom_qty, l.quantity) / coalesce(lu.factor, 1) * coalesce(mu.factor, 1)) FILTER (m.state IN ('assigned', 'partially_available')), 6)::DECIMAL(18,6) AS reserved
FROM stock_move m
LEFT JOIN stock_move_line l ON l.move_id = m.id
LEFT JOIN measure lu ON lu.unit = l.product_uom_id
LEFT JOIN measure mu ON mu.unit = m.product_uom
GROUP BY m.id, m.state, m.quantity, m.quantity_done, m.product_uom_qty;

-- Picking and packing that are transfers of their own, and the delivery lines they are for.
CREATE VIEW warehouse_work AS
WITH RECURSIVE chain(move, goods) AS (
	SELECT r.move_orig_id, g.id FROM stock_move_move_rel r JOIN goods g ON g.id = r.move_dest_id AND g.sign = 1
	UNION
	SELECT r.move_orig_id, c.goods FROM stock_move_move_rel r JOIN chain c ON c.move = r.move_dest_id
)
SELECT c.move, c.goods, m.picking_id AS transfer, g.picking_id AS delivery, CASE WHEN w.id IS NULL THEN 'pick' ELSE 'pack' END AS step
FROM chain c
JOIN stock_move m ON m.id = c.move
JOIN stock_picking p ON p.id = m.picking_id
JOIN stock_picking_type t ON t.id = p.picking_type_id AND t.code = 'internal'
JOIN goods g ON g.id = c.goods
LEFT JOIN stock_warehouse w ON w.pack_type_id = t.id;

-- Every transfer that concerns a delivery, and as what.
CREATE VIEW transfer AS
SELECT id AS transfer, id AS delivery, CASE sign WHEN 1 THEN 'out' ELSE 'return' END AS step,
       id IN (SELECT delivery FROM warehouse_work) AS prepared FROM delivery
UNION ALL
SELECT DISTINCT transfer, delivery, step, TRUE FROM warehouse_work;

-- Invoices ----------------------------------------------------------------------

-- Customer invoices and credit notes. A credit note that takes back the whole
-- of an invoice is its cancellation.
CREATE VIEW customer_invoice AS
SELECT i.*, CASE WHEN i.move_type = 'out_refund' THEN -1 ELSE 1 END AS sign, c.customer,
       CASE WHEN i.move_type <> 'out_refund' THEN 'invoice'
            WHEN r.id IS NOT NULL AND i.state = 'posted' THEN 'cancellation'
            ELSE 'credit_memo' END AS kind,
       nullif(i.name, '/') AS number, k.code AS currency
FROM account_move i
LEFT JOIN account_move r ON r.id = i.reversed_entry_id AND r.payment_state = 'reversed' AND r.amount_total = i.amount_total AND r.move_type = 'out_invoice'
LEFT JOIN customer c ON c.partner = i.partner_id
LEFT JOIN money k ON k.currency = i.currency_id
WHERE i.move_type IN ('out_invoice', 'out_refund', 'out_receipt');

CREATE VIEW invoice_line AS
SELECT l.*, i.sign, i.sign * l.quantity AS signed_quantity, (i.sign * l.price_subtotal)::DECIMAL(18,4) AS net, i.currency, u.name AS unit, coalesce(u.factor, 1) AS factor
FROM account_move_line l
JOIN customer_invoice i ON i.id = l.move_id
LEFT JOIN measure u ON u.unit = l.product_uom_id
WHERE l.display_type = 'product';

-- An invoice line that bills several order lines bills each by its share of their value.
CREATE VIEW bill AS
SELECT x.invoice_line_id, x.order_line_id, l.order_id, l.is_downpayment, i.move_id, i.currency,
       round(i.signed_quantity / i.factor * coalesce(u.factor, 1) * w.share, 6)::DECIMAL(18,6) AS quantity, round(i.net * w.share, 4)::DECIMAL(18,4) AS amount
FROM (SELECT invoice_line_id, order_line_id,
             CASE WHEN sum(l.price_subtotal) OVER v <> 0 THEN l.price_subtotal::DOUBLE / sum(l.price_subtotal) OVER v ELSE 1.0 / count(*) OVER v END AS share
      FROM sale_order_line_invoice_rel r JOIN sale_order_line l ON l.id = r.order_line_id WINDOW v AS (PARTITION BY invoice_line_id)) w
JOIN sale_order_line_invoice_rel x USING (invoice_line_id, order_line_id)
JOIN sale_order_line l ON l.id = x.order_line_id
JOIN invoice_line i ON i.id = x.invoice_line_id
LEFT JOIN measure u ON u.unit = l.product_uom;

-- The receivables ledger --------------------------------------------------------

-- Lines of customers' accounts: what the customer owes is positive.
CREATE VIEW receivable_line AS
SELECT l.*, l.amount_currency AS amount, k.code AS currency, m.move_type, m.reversed_entry_id, c.customer
FROM account_move_line l
JOIN account_account a ON a.id = l.account_id AND a.account_type = 'asset_receivable'
JOIN account_move m ON m.id = l.move_id AND m.state = 'posted'
LEFT JOIN money k ON k.currency = l.currency_id
LEFT JOIN customer c ON c.partner = l.partner_id
WHERE l.amount_currency <> 0; -- exchange differences have none

-- Journal entries that are money received, or paid back: payments, and lines of
-- bank statements that are set off directly or not at all. A bank line that only
-- confirms a payment is no money a second time.
CREATE VIEW cash AS
WITH
move AS (
	SELECT p.move_id, 'payment:' || p.id AS receipt, 'account_payment' AS source_table, p.id::VARCHAR AS source_key, 'registered' AS kind,
	       CASE p.payment_type WHEN 'outbound' THEN -p.amount ELSE p.amount END AS stated, p.currency_id, p.partner_id, p.create_date, p.create_uid,
	       coalesce(p.memo, m.ref) AS reference, m.name AS number, m.date, FALSE AS is_reconciled
	FROM account_payment p JOIN account_move m ON m.id = p.move_id AND m.state = 'posted'
	WHERE p.partner_type = 'customer'
	UNION ALL
	SELECT s.move_id, 'statement-line:' || s.id, 'account_bank_statement_line', s.id::VARCHAR, 'bank',
	       s.amount, coalesce(s.currency_id, m.currency_id), coalesce(s.partner_id, m.partner_id), s.create_date, s.create_uid, s.payment_ref, m.name, m.date, coalesce(s.is_reconciled, FALSE)
	FROM account_bank_statement_line s JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
),
booked AS (SELECT move_id, -sum(amount) AS amount, min(currency) AS currency, min(customer) AS customer FROM receivable_line GROUP BY move_id),
early AS (SELECT DISTINCT move_id FROM account_move_line WHERE display_type = 'epd')
SELECT v.*, coalesce(b.customer, c.customer) AS customer, coalesce(b.currency, k.code) AS currency,
       CASE WHEN b.amount IS NULL THEN v.stated
            WHEN b.currency <> k.code THEN b.amount
            WHEN abs(b.amount) > abs(v.stated) AND b.amount * v.stated > 0 THEN v.stated
            WHEN v.is_reconciled THEN b.amount -- the rest was no debt of the customer
            ELSE v.stated END AS amount,
       -- what the entry settles beyond the money is given up
       CASE WHEN b.currency = k.code AND abs(b.amount) > abs(v.stated) AND b.amount * v.stated > 0 THEN v.stated::DOUBLE / b.amount ELSE 1 END AS share,
       CASE WHEN e.move_id IS NULL THEN 'write_off' ELSE 'discount' END AS gap_kind
FROM move v
LEFT JOIN booked b ON b.move_id = v.move_id
LEFT JOIN early e ON e.move_id = v.move_id
LEFT JOIN money k ON k.currency = v.currency_id
LEFT JOIN customer c ON c.partner = v.partner_id
WHERE b.move_id IS NOT NULL OR v.kind = 'registered' OR NOT v.is_reconciled AND v.stated > 0;

CREATE VIEW entry AS
SELECT l.*, coalesce(i.id, r.id) AS invoice,
       CASE WHEN i.id IS NOT NULL THEN i.kind
            WHEN r.id IS NOT NULL THEN 'cancellation'
            WHEN w.move_id IS NOT NULL THEN 'write_off'
            ELSE 'journal' END AS kind
FROM receivable_line l
ANTI JOIN cash c ON c.move_id = l.move_id
LEFT JOIN customer_invoice i ON i.id = l.move_id
LEFT JOIN customer_invoice r ON r.id = l.reversed_entry_id AND i.id IS NULL
LEFT JOIN (SELECT DISTINCT x.move_id FROM account_move_line x JOIN account_account a ON a.id = x.account_id WHERE a.account_type LIKE 'expense%') w ON w.move_id = l.move_id;

-- Both sides of what was set off, each with its own sign and currency.
CREATE VIEW side AS
SELECT p.id AS partial, p.create_date, p.create_uid, p.max_date, p.full_reconcile_id, s.line, s.amount, e.id AS entry, e.currency AS entry_currency,
       c.receipt, c.currency AS receipt_currency, c.share, c.gap_kind,
       round(-s.amount * c.share, 2)::DECIMAL(18,6) AS money
FROM account_partial_reconcile p
JOIN (SELECT id AS partial, debit_move_id AS line, debit_amount_currency AS amount FROM account_partial_reconcile
      UNION ALL SELECT id, credit_move_id, -credit_amount_currency FROM account_partial_reconcile) s ON s.partial = p.id AND s.amount <> 0
JOIN receivable_line l ON l.id = s.line
LEFT JOIN entry e ON e.id = s.line
LEFT JOIN cash c ON c.move_id = l.move_id;

-- A matching of a payment that gives something up is two applications: the
-- money, and what was given up. Rounding falls on a receipt's last matching.
CREATE VIEW applied AS
WITH
money AS (
	SELECT partial, receipt, receipt_currency, gap_kind, share, -amount AS gross,
	       CASE WHEN share = 1 THEN -amount
	            ELSE round(sum(-amount) OVER w * share, 2) - coalesce(round(sum(-amount) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) * share, 2), 0) END::DECIMAL(18,6) AS amount
	FROM side WHERE receipt IS NOT NULL WINDOW w AS (PARTITION BY receipt ORDER BY partial)
)
SELECT s.partial, 'partial:' || s.partial AS application, NULL::VARCHAR AS kind, s.entry, s.entry_currency AS currency,
       CASE WHEN m.share <> 1 THEN round(s.amount * (m.amount / m.gross)::DOUBLE, 2) ELSE s.amount END::DECIMAL(18,4) AS amount, s.max_date, s.full_reconcile_id, m.receipt
FROM side s LEFT JOIN money m ON m.partial = s.partial WHERE s.entry IS NOT NULL
UNION ALL
SELECT s.partial, 'partial:' || s.partial || ':' || m.gap_kind, m.gap_kind, s.entry, s.entry_currency,
       (s.amount - round(s.amount * (m.amount / m.gross)::DOUBLE, 2))::DECIMAL(18,4), s.max_date, s.full_reconcile_id, NULL
FROM side s JOIN money m ON m.partial = s.partial AND m.share <> 1 WHERE s.entry IS NOT NULL
UNION ALL
SELECT s.partial, 'partial:' || s.partial, NULL, NULL, s.receipt_currency, m.amount::DECIMAL(18,4), s.max_date, s.full_reconcile_id, s.receipt
FROM side s JOIN money m ON m.partial = s.partial AND m.receipt = s.receipt AND m.gross = -s.amount WHERE s.receipt IS NOT NULL;

-- What was tracked ----------------------------------------------------------------

-- A label means the state it stands for in any language, unless it stands for two.
CREATE VIEW label AS
SELECT field_id, label, min(value) AS value
FROM (SELECT field_id, value, unnest(CASE WHEN name LIKE '{%' AND json_valid(name) THEN json_extract_string(name, '$.*') ELSE [name] END) AS label
      FROM ir_model_fields_selection)
GROUP BY field_id, label HAVING count(DISTINCT value) = 1;

CREATE VIEW tracked AS
SELECT t.id, t.mail_message_id AS message, m.model, m.res_id, f.name AS field, coalesce(m.create_date, m.date) AS time, m.create_uid AS uid,
       CASE f.ttype WHEN 'selection' THEN coalesce(o.value, t.old_value_char)
                    WHEN 'boolean' THEN (coalesce(t.old_value_integer, 0) <> 0)::VARCHAR
                    WHEN 'date' THEN t.old_value_datetime::DATE::VARCHAR WHEN 'datetime' THEN t.old_value_datetime::VARCHAR
                    WHEN 'integer' THEN t.old_value_integer::VARCHAR WHEN 'float' THEN t.old_value_float::VARCHAR
                    WHEN 'monetary' THEN coalesce(t.old_value_monetary, t.old_value_float)::VARCHAR
                    ELSE coalesce(t.old_value_char, t.old_value_text) END AS old_value,
       CASE f.ttype WHEN 'selection' THEN coalesce(n.value, t.new_value_char)
                    WHEN 'boolean' THEN (coalesce(t.new_value_integer, 0) <> 0)::VARCHAR
                    WHEN 'date' THEN t.new_value_datetime::DATE::VARCHAR WHEN 'datetime' THEN t.new_value_datetime::VARCHAR
                    WHEN 'integer' THEN t.new_value_integer::VARCHAR WHEN 'float' THEN t.new_value_float::VARCHAR
                    WHEN 'monetary' THEN coalesce(t.new_value_monetary, t.new_value_float)::VARCHAR
                    ELSE coalesce(t.new_value_char, t.new_value_text) END AS new_value
FROM mail_tracking_value t
JOIN mail_message m ON m.id = t.mail_message_id
JOIN ir_model_fields f ON f.id = coalesce(t.field_id, t.field)
LEFT JOIN label o ON o.field_id = f.id AND o.label = t.old_value_char
LEFT JOIN label n ON n.field_id = f.id AND n.label = t.new_value_char;

-- States that were passed.
CREATE VIEW passed AS
SELECT t.*, CASE
       WHEN model = 'sale.order' THEN CASE
            WHEN new_value = 'sent' AND old_value = 'draft' THEN 'Quote Sales Order'
            WHEN new_value = 'sale' AND old_value IN ('draft', 'sent') THEN 'Confirm Sales Order' -- from done it was unlocked
            WHEN new_value = 'cancel' THEN 'Cancel Sales Order'
            WHEN new_value IN ('draft', 'sent') AND old_value = 'cancel' THEN 'Reset Sales Order' END
       WHEN model = 'account.move' THEN CASE
            WHEN field = 'is_move_sent' THEN CASE WHEN new_value = 'true' THEN 'Send Invoice' END
            WHEN field = 'payment_state' THEN CASE WHEN new_value = 'paid' THEN 'Invoice Paid'
                 WHEN old_value IN ('paid', 'in_payment', 'reversed') AND new_value IN ('not_paid', 'partial') THEN 'Reset Receivable'
                 WHEN old_value = 'partial' AND new_value = 'not_paid' THEN 'Unapply Cash' END
            WHEN new_value = 'posted' THEN 'Post Invoice'
            WHEN new_value = 'cancel' THEN 'Cancel Invoice'
            WHEN old_value = 'posted' THEN 'Change Invoice' END END AS activity
FROM tracked t WHERE (model, field) IN (('sale.order', 'state'), ('account.move', 'state'), ('account.move', 'payment_state'), ('account.move', 'is_move_sent'));

-- States of transfers, as what they mean for their deliveries.
CREATE VIEW moved AS
SELECT t.id, t.message, t.res_id, t.time, t.uid, t.old_value, t.new_value, x.delivery, x.step, CASE
       WHEN x.step IN ('pick', 'pack') THEN CASE
            WHEN t.new_value = 'done' THEN CASE x.step WHEN 'pick' THEN 'Pick' ELSE 'Pack' END
            WHEN x.step = 'pick' AND t.new_value = 'assigned' THEN 'Allocate Stock'
            WHEN x.step = 'pick' AND t.old_value = 'assigned' AND t.new_value IN ('confirmed', 'waiting') THEN 'Deallocate Stock' END
       WHEN t.new_value = 'done' THEN CASE x.step WHEN 'out' THEN 'Post Goods Issue' ELSE 'Receive Return' END
       WHEN t.new_value = 'cancel' THEN 'Cancel Delivery'
       WHEN t.new_value = 'draft' THEN 'Reset Delivery'
       WHEN x.step = 'return' THEN NULL
       WHEN t.new_value = 'assigned' AND NOT x.prepared THEN 'Allocate Stock' -- else its goods have come from picking
       WHEN t.old_value = 'assigned' AND t.new_value IN ('confirmed', 'waiting') AND NOT x.prepared THEN 'Deallocate Stock'
       WHEN t.old_value = 'draft' AND t.new_value IN ('confirmed', 'waiting') THEN 'Wait for Stock' END AS activity
FROM tracked t JOIN transfer x ON x.transfer = t.res_id
WHERE t.model = 'stock.picking' AND t.field = 'state';

-- Fields that were edited, one event for all of a kind in one message. What was
-- there from the beginning, or came with the posting, is no change. A total
-- tells that lines were edited, and is no attribute that somebody changed.
CREATE VIEW edited AS
SELECT t.*, w.activity, w.attribute, 'm-' || t.message || '-' || w.slug AS key
FROM tracked t
JOIN (VALUES
	('sale.order', 'commitment_date', 'Change Confirmed Date', 'confirmed_date', 'date'),
	('sale.order', 'payment_term_id', 'Change Terms', 'payment_terms', 'terms'),
	('sale.order', 'partner_id', 'Change Partner', 'customer', 'partner'),
	('sale.order', 'partner_invoice_id', 'Change Partner', 'bill_to', 'partner'),
	('sale.order', 'partner_shipping_id', 'Change Partner', 'ship_to', 'partner'),
	('sale.order', 'amount_untaxed', 'Change Sales Order', NULL, 'edit'),
	('sale.order', 'amount_total', 'Change Sales Order', NULL, 'edit'),
	('sale.order', 'pricelist_id', 'Change Sales Order', 'pricelist', 'edit'),
	('sale.order', 'client_order_ref', 'Change Sales Order', 'customer_reference', 'edit'),
	('stock.picking', 'scheduled_date', 'Change Delivery', 'planned_date', 'edit'),
	('stock.picking', 'carrier_id', 'Change Delivery', 'carrier', 'edit'),
	('stock.picking', 'partner_id', 'Change Delivery', 'ship_to', 'edit'),
	('account.move', 'amount_untaxed', 'Change Invoice', NULL, 'edit'),
	('account.move', 'currency_id', 'Change Invoice', 'currency', 'edit'),
	('account.move', 'date', 'Change Invoice', 'posting_date', 'edit'),
	('account.move', 'invoice_date_due', 'Change Invoice', 'due_date', 'edit'),
	('account.move', 'partner_id', 'Change Invoice', 'customer', 'edit'),
	('account.move', 'ref', 'Change Invoice', 'reference', 'edit')
) AS w(model, field, activity, attribute, slug) ON w.model = t.model AND w.field = t.field
LEFT JOIN sale_order o ON t.model = 'sale.order' AND o.id = t.res_id
LEFT JOIN delivery d ON t.model = 'stock.picking' AND d.id = t.res_id
LEFT JOIN customer_invoice i ON t.model = 'account.move' AND i.id = t.res_id
WHERE t.time > coalesce(o.create_date, d.create_date, i.create_date)
  AND t.message NOT IN (SELECT message FROM passed WHERE activity = 'Post Invoice');

-- Changes of order lines, where the module auditlog writes them down.
CREATE VIEW audited AS
SELECT 'audit-' || x.id AS key, g.create_date AS time, g.user_id AS uid, g.res_id AS line, x.field_name AS field, w.activity, w.attribute,
       nullif(x.old_value, 'False') AS old_value, nullif(x.new_value, 'False') AS new_value, x.id::VARCHAR AS source_key
FROM auditlog_log g
JOIN auditlog_log_line x ON x.log_id = g.id
JOIN order_line l ON l.id = g.res_id
JOIN (VALUES ('product_uom_qty', 'Change Quantity', 'quantity'), ('price_unit', 'Change Price', 'net_price'),
             ('discount', 'Change Price', 'discount'), ('product_id', 'Change Material', 'material')) AS w(field, activity, attribute) ON w.field = x.field_name
WHERE g.model_model = 'sale.order.line' AND g.method = 'write' AND g.create_date > l.create_date;

-- Events --------------------------------------------------------------------------

CREATE VIEW happened AS
WITH
passing AS MATERIALIZED (FROM passed),
moving AS MATERIALIZED (FROM moved),
editing AS MATERIALIZED (FROM edited)
-- records are created
SELECT 'c-order-' || o.id AS key, CASE WHEN r.order_id IS NULL THEN 'Create Sales Order' ELSE 'Create Return Order' END AS activity,
       o.create_date AS time, o.create_uid AS uid, 'SalesOrder' AS type, 'order:' || o.id AS id, 'sale_order' AS source_table, o.id::VARCHAR AS source_key,
       'entry' AS trigger_kind, NULL::BIGINT AS message, NULL::VARCHAR AS field, NULL::VARCHAR AS old_value, NULL::VARCHAR AS new_value,
       NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, NULL::DATE AS business_date
FROM sale_order o LEFT JOIN return_order r ON r.order_id = o.id
UNION ALL BY NAME
SELECT 'c-line-' || l.id AS key, 'Create Sales Order Item' AS activity, l.create_date AS time, l.create_uid AS uid, 'SalesOrderItem' AS type, 'order-line:' || l.id AS id,
       'sale_order_line' AS source_table, l.id::VARCHAR AS source_key, 'entry' AS trigger_kind
FROM order_line l JOIN sale_order o ON o.id = l.order_id WHERE l.create_date > o.create_date
UNION ALL BY NAME
SELECT 'c-picking-' || id AS key, CASE sign WHEN 1 THEN 'Create Delivery' ELSE 'Create Return Delivery' END AS activity, create_date AS time, create_uid AS uid,
       'Delivery' AS type, 'picking:' || id AS id, 'stock_picking' AS source_table, id::VARCHAR AS source_key FROM delivery
UNION ALL BY NAME
SELECT 'c-invoice-' || id AS key, CASE sign WHEN 1 THEN 'Create Invoice' ELSE 'Create Credit Memo' END AS activity, create_date AS time, create_uid AS uid,
       'Invoice' AS type, 'invoice:' || id AS id, 'account_move' AS source_table, id::VARCHAR AS source_key, 'entry' AS trigger_kind,
       sign * amount_untaxed AS amount, currency, invoice_date AS business_date FROM customer_invoice
UNION ALL BY NAME
SELECT 'c-' || receipt AS key, 'Receive Payment' AS activity, create_date AS time, create_uid AS uid, 'Receipt' AS type, receipt AS id,
       source_table, source_key, 'entry' AS trigger_kind, amount, currency, date AS business_date FROM cash
UNION ALL BY NAME
SELECT 'apply-' || s.partial AS key, 'Apply Cash' AS activity, min(s.create_date) AS time, min(s.create_uid) AS uid, 'Application' AS type, 'partial:' || s.partial AS id,
       'account_partial_reconcile' AS source_table, s.partial::VARCHAR AS source_key, 'entry' AS trigger_kind, min(s.max_date) AS business_date
FROM side s GROUP BY s.partial HAVING count(s.receipt) > 0
UNION ALL BY NAME
SELECT 'clear-' || f.id AS key, 'Clear Receivable' AS activity, f.create_date AS time, f.create_uid AS uid, NULL AS type, NULL AS id,
       'account_full_reconcile' AS source_table, f.id::VARCHAR AS source_key, 'entry' AS trigger_kind
FROM account_full_reconcile f WHERE f.id IN (SELECT full_reconcile_id FROM applied WHERE entry IS NOT NULL)
-- states are passed
UNION ALL BY NAME
SELECT 'tv-' || p.id AS key, p.activity, p.time, p.uid, CASE p.model WHEN 'sale.order' THEN 'SalesOrder' ELSE 'Invoice' END AS type,
       CASE p.model WHEN 'sale.order' THEN 'order:' ELSE 'invoice:' END || p.res_id AS id, 'mail_tracking_value' AS source_table, p.id::VARCHAR AS source_key,
       'manual' AS trigger_kind, p.message, p.field, p.old_value, p.new_value, i.date AS business_date
FROM passing p
LEFT JOIN sale_order o ON p.model = 'sale.order' AND o.id = p.res_id
LEFT JOIN customer_invoice i ON p.model = 'account.move' AND i.id = p.res_id
WHERE p.activity IS NOT NULL AND (o.id IS NOT NULL OR i.id IS NOT NULL)
UNION ALL BY NAME
SELECT DISTINCT 'tv-' || id AS key, activity, time, uid, NULL AS type, NULL AS id, 'mail_tracking_value' AS source_table, id::VARCHAR AS source_key,
       CASE WHEN activity IN ('Allocate Stock', 'Wait for Stock') THEN NULL ELSE 'manual' END AS trigger_kind, message, 'state' AS field, old_value, new_value
FROM moving WHERE activity IS NOT NULL
UNION ALL BY NAME
-- an invoice is cancelled when the credit note for the whole of it is posted
SELECT 'cancel-' || i.id AS key, 'Cancel Invoice' AS activity, coalesce(p.time, i.create_date) AS time, coalesce(p.uid, i.create_uid) AS uid, 'Invoice' AS type,
       'invoice:' || i.reversed_entry_id AS id, 'account_move' AS source_table, i.id::VARCHAR AS source_key, 'manual' AS trigger_kind, p.message, i.date AS business_date
FROM customer_invoice i
LEFT JOIN (SELECT res_id, min(time) AS time, arg_min(uid, time) AS uid, arg_min(message, time) AS message FROM passing WHERE activity = 'Post Invoice' GROUP BY res_id) p ON p.res_id = i.id
WHERE i.kind = 'cancellation'
-- states nobody tracked: the day the order was confirmed and the goods left are kept; an invoice is posted at the earliest when it is made
UNION ALL BY NAME
SELECT 'confirm-' || o.id AS key, 'Confirm Sales Order' AS activity, o.date_order AS time, 'SalesOrder' AS type, 'order:' || o.id AS id,
       'sale_order' AS source_table, o.id::VARCHAR AS source_key, 'untracked' AS trigger_kind
FROM sale_order o WHERE o.state IN ('sale', 'done') AND o.id NOT IN (SELECT res_id FROM passing WHERE activity = 'Confirm Sales Order')
UNION ALL BY NAME
SELECT 'done-' || p.id AS key, any_value(CASE x.step WHEN 'out' THEN 'Post Goods Issue' WHEN 'return' THEN 'Receive Return' WHEN 'pick' THEN 'Pick' ELSE 'Pack' END) AS activity,
       p.date_done AS time, 'stock_picking' AS source_table, p.id::VARCHAR AS source_key, 'untracked' AS trigger_kind
FROM stock_picking p JOIN transfer x ON x.transfer = p.id
WHERE p.state = 'done' AND p.id NOT IN (SELECT res_id FROM moving WHERE new_value = 'done') GROUP BY p.id, p.date_done
UNION ALL BY NAME
SELECT 'post-' || i.id AS key, 'Post Invoice' AS activity, i.create_date AS time, 'Invoice' AS type, 'invoice:' || i.id AS id,
       'account_move' AS source_table, i.id::VARCHAR AS source_key, 'untracked' AS trigger_kind, i.date AS business_date
FROM customer_invoice i WHERE i.state = 'posted' AND i.id NOT IN (SELECT res_id FROM passing WHERE activity = 'Post Invoice')
-- values change
UNION ALL BY NAME
SELECT key, activity, min(time) AS time, min(uid) AS uid, CASE model WHEN 'sale.order' THEN 'SalesOrder' WHEN 'stock.picking' THEN 'Delivery' ELSE 'Invoice' END AS type,
       CASE model WHEN 'sale.order' THEN 'order:' WHEN 'stock.picking' THEN 'picking:' ELSE 'invoice:' END || min(res_id) AS id,
       'mail_message' AS source_table, min(message)::VARCHAR AS source_key, 'manual' AS trigger_kind, min(message) AS message,
       string_agg(field, ', ' ORDER BY field) AS field,
       CASE WHEN count(*) = 1 THEN min(old_value) ELSE max(old_value) FILTER (field = 'amount_untaxed') END AS old_value,
       CASE WHEN count(*) = 1 THEN min(new_value) ELSE max(new_value) FILTER (field = 'amount_untaxed') END AS new_value
FROM editing GROUP BY key, activity, model
UNION ALL BY NAME
SELECT key, activity, time, uid, 'SalesOrderItem' AS type, 'order-line:' || line AS id, 'auditlog_log_line' AS source_table, source_key, 'manual' AS trigger_kind,
       field, old_value, new_value FROM audited;

CREATE VIEW event AS
WITH h AS MATERIALIZED (FROM happened)
SELECT h.key, h.activity, h.time, a.login AS resource,
       CASE WHEN h.trigger_kind IS NULL AND f.time IS NOT NULL THEN 'scheduler' ELSE coalesce(a.kind, 'unknown') END AS actor_kind,
       coalesce(h.message, 0) AS sequence, h.source_table, h.source_key,
       coalesce(h.trigger_kind, CASE WHEN h.uid = 1 THEN 'scheduled' WHEN f.time IS NULL THEN 'manual' ELSE 'follow-up' END) AS trigger_kind,
       h.field, h.old_value, h.new_value, h.amount, h.currency, h.business_date
FROM h
LEFT JOIN actor a ON a.uid = h.uid
-- whatever else happens to deliveries in the same transaction is a consequence
LEFT JOIN (SELECT DISTINCT time FROM h WHERE activity IN ('Confirm Sales Order', 'Pick', 'Pack', 'Post Goods Issue') AND trigger_kind = 'manual') f ON f.time = h.time
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
WITH
moving AS MATERIALIZED (FROM moved),
setting AS MATERIALIZED (SELECT *, bool_or(entry IS NULL) OVER (PARTITION BY partial) AS with_cash FROM applied)
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, amount, currency FROM happened WHERE id IS NOT NULL
UNION ALL BY NAME
SELECT DISTINCT 'tv-' || id AS event_key, 'Delivery' AS type, 'picking:' || delivery AS id, 'on' AS qualifier FROM moving WHERE activity IS NOT NULL
UNION ALL BY NAME
SELECT DISTINCT 'done-' || p.id AS event_key, 'Delivery' AS type, 'picking:' || x.delivery AS id, 'on' AS qualifier
FROM stock_picking p JOIN transfer x ON x.transfer = p.id
WHERE p.state = 'done' AND p.id NOT IN (SELECT res_id FROM moving WHERE new_value = 'done')
UNION ALL BY NAME
SELECT DISTINCT 'tv-' || m.id AS event_key, 'WarehouseTask' AS type, 'move:' || w.move AS id, 'by' AS qualifier
FROM warehouse_work w JOIN moving m ON m.res_id = w.transfer AND m.activity IN ('Pick', 'Pack')
UNION ALL BY NAME
SELECT DISTINCT 'done-' || p.id AS event_key, 'WarehouseTask' AS type, 'move:' || w.move AS id, 'by' AS qualifier
FROM warehouse_work w JOIN stock_picking p ON p.id = w.transfer WHERE p.state = 'done' AND p.id NOT IN (SELECT res_id FROM moving WHERE new_value = 'done')
UNION ALL BY NAME
-- a promise for the order is one for each of its lines
SELECT DISTINCT e.key AS event_key, 'SalesOrderItem' AS type, 'order-line:' || l.id AS id, 'of' AS qualifier
FROM edited e JOIN order_line l ON l.order_id = e.res_id WHERE e.activity = 'Change Confirmed Date'
UNION ALL BY NAME
SELECT 'apply-' || partial AS event_key, 'AREntry' AS type, 'entry:' || entry AS id, 'clears' AS qualifier, sum(amount) AS amount, min(currency) AS currency
FROM setting WHERE entry IS NOT NULL AND with_cash GROUP BY partial, entry
UNION ALL BY NAME
SELECT 'apply-' || partial AS event_key, 'Receipt' AS type, receipt AS id, 'applies' AS qualifier, sum(amount) AS amount, min(currency) AS currency
FROM setting WHERE entry IS NULL GROUP BY partial, receipt
UNION ALL BY NAME
SELECT DISTINCT 'apply-' || partial AS event_key, 'Application' AS type, application AS id, 'by' AS qualifier FROM setting WHERE kind IS NOT NULL AND with_cash
UNION ALL BY NAME
SELECT 'clear-' || full_reconcile_id AS event_key, 'AREntry' AS type, 'entry:' || entry AS id, 'on' AS qualifier, sum(amount) AS amount, min(currency) AS currency
FROM setting WHERE entry IS NOT NULL AND full_reconcile_id IS NOT NULL GROUP BY full_reconcile_id, entry
UNION ALL BY NAME
SELECT DISTINCT 'clear-' || full_reconcile_id AS event_key, 'Application' AS type, application AS id, 'by' AS qualifier FROM setting WHERE full_reconcile_id IS NOT NULL
UNION ALL BY NAME
SELECT 'tv-' || p.id AS event_key, 'AREntry' AS type, 'entry:' || e.id AS id, 'on' AS qualifier
FROM passed p JOIN entry e ON e.invoice = p.res_id WHERE p.activity IN ('Reset Receivable', 'Unapply Cash')
UNION ALL BY NAME
SELECT 'cancel-' || id AS event_key, 'Invoice' AS type, 'invoice:' || id AS id, 'by' AS qualifier FROM customer_invoice WHERE kind = 'cancellation';
