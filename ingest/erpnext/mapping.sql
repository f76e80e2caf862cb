-- What happened in this ERPNext 14 or 15, in the words of the order-to-cash model?
--
-- What it relies on:
-- * creation and modified are naive times of the site's zone, a document's own:
--   no two rows of a transaction share them.
-- * docstatus 0 is a draft, 1 submitted, 2 cancelled; a cancelled document that
--   is amended lives on under a new name (amended_from).
-- * tabVersion has the changes of a save as JSON: changed [[field, old, new]],
--   row_changed [[table, number, row, [[field, old, new]]]], added and removed.
--   Values are texts as people saw them, in the number and date format of the
--   site. Submitting and cancelling are changes of docstatus. Creating is none.
-- * Ledger rows are written when a document is submitted: their creation is when.
-- * What was set off against what are rows of the payment ledger against another
--   voucher; delinked rows do not stand any more.

-- Who is who? The kind follows the login, where that says it (actors in doc.go), then the type of user.
CREATE VIEW actor AS
SELECT name AS uid,
       CASE WHEN name_kind(name) <> 'human' THEN name_kind(name)
            WHEN user_type = 'Website User' THEN 'customer'
            WHEN user_type = 'System User' THEN 'human'
            ELSE 'unknown' END AS kind
FROM "tabUser";

-- How does the site write times, numbers and days? Frappe's own default zone is Asia/Kolkata.
CREATE VIEW site AS
SELECT coalesce(max(z.name), 'Asia/Kolkata') AS zone,
       CASE WHEN max(d.defvalue) FILTER (d.defkey = 'number_format') LIKE '%,##' THEN ',' ELSE '.' END AS decimal_mark,
       coalesce(max(d.defvalue) FILTER (d.defkey = 'date_format') LIKE 'mm%', FALSE) AS month_first
FROM "tabDefaultValue" d
LEFT JOIN pg_timezone_names() z ON d.defkey = 'time_zone' AND z.name = d.defvalue
WHERE name_kind(d.parent) = 'scheduler'; -- __default, which is nobody: other parents are users

-- Documents and their lives ------------------------------------------------------

CREATE VIEW noun AS
SELECT * FROM (VALUES
	('Sales Order', 'SalesOrder', 'order:'),
	('Delivery Note', 'Delivery', 'delivery:'),
	('Sales Invoice', 'Invoice', 'invoice:')
) AS t(doctype, type, prefix);

CREATE VIEW document AS
SELECT 'Sales Order' AS doctype, name AS doc, docstatus, creation, owner, modified, modified_by, FALSE AS is_return FROM "tabSales Order"
UNION ALL SELECT 'Delivery Note', name, docstatus, creation, owner, modified, modified_by, coalesce(is_return, 0) = 1 FROM "tabDelivery Note"
UNION ALL SELECT 'Sales Invoice', name, docstatus, creation, owner, modified, modified_by, coalesce(is_return, 0) = 1 FROM "tabSales Invoice"
UNION ALL SELECT 'Payment Entry', name, docstatus, creation, owner, modified, modified_by, FALSE FROM "tabPayment Entry" WHERE party_type = 'Customer'
UNION ALL SELECT 'Journal Entry', name, docstatus, creation, owner, modified, modified_by, FALSE FROM "tabJournal Entry"
UNION ALL SELECT 'Pick List', name, docstatus, creation, owner, modified, modified_by, FALSE FROM "tabPick List"
UNION ALL SELECT 'Stock Reservation Entry', name, docstatus, creation, owner, modified, modified_by, FALSE FROM "tabStock Reservation Entry" WHERE voucher_type = 'Sales Order'
UNION ALL SELECT 'Dunning', name, docstatus, creation, owner, modified, modified_by, FALSE FROM "tabDunning";

CREATE VIEW version AS
SELECT name AS version, ref_doctype AS doctype, docname AS doc, creation AS time, owner AS uid, CASE WHEN json_valid(data) THEN data ELSE '{}' END AS data FROM "tabVersion";

CREATE VIEW changed AS
SELECT version, doctype, doc, NULL AS row_table, NULL AS row_name, time, uid, json_extract_string(e, '$[0]') AS field, json_extract_string(e, '$[1]') AS old_text, json_extract_string(e, '$[2]') AS new_text
FROM (SELECT *, unnest(json_extract(data, '$.changed[*]')) AS e FROM version)
UNION ALL
SELECT version, doctype, doc, row_table, row_name, time, uid, json_extract_string(e, '$[0]'), json_extract_string(e, '$[1]'), json_extract_string(e, '$[2]')
FROM (SELECT *, json_extract_string(r, '$[0]') AS row_table, json_extract_string(r, '$[2]') AS row_name, unnest(json_extract(r, '$[3][*]')) AS e
      FROM (SELECT *, unnest(json_extract(data, '$.row_changed[*]')) AS r FROM version));

-- When was each document submitted and cancelled, and by whom? By its versions,
-- else by its ledger rows, else at the earliest when it was made.
CREATE VIEW life AS
WITH
turned AS (
	SELECT doctype, doc, min(time) FILTER (new_text = '1') AS submitted, min(uid) FILTER (new_text = '1') AS submitter,
	       max(time) FILTER (new_text = '2') AS cancelled, max(uid) FILTER (new_text = '2') AS canceller
	FROM changed WHERE field = 'docstatus' AND row_table IS NULL GROUP BY doctype, doc
),
posted AS (
	SELECT doctype, doc, min(time) AS time, arg_min(uid, time) AS uid FROM (
		SELECT voucher_type AS doctype, voucher_no AS doc, creation AS time, owner AS uid FROM "tabStock Ledger Entry"
		UNION ALL SELECT voucher_type, voucher_no, creation, owner FROM "tabPayment Ledger Entry")
	GROUP BY doctype, doc
)
SELECT d.*, CASE WHEN d.docstatus > 0 THEN coalesce(t.submitted, p.time, d.creation) END AS submitted_at,
       CASE WHEN t.submitted IS NOT NULL THEN t.submitter ELSE p.uid END AS submitted_by, t.submitted IS NULL AND p.time IS NULL AS is_untracked,
       CASE WHEN d.docstatus = 2 THEN coalesce(t.cancelled, d.modified) END AS cancelled_at,
       CASE WHEN t.cancelled IS NOT NULL THEN t.canceller ELSE d.modified_by END AS cancelled_by
FROM document d
LEFT JOIN turned t ON t.doctype = d.doctype AND t.doc = d.doc
LEFT JOIN posted p ON p.doctype = d.doctype AND p.doc = d.doc;

-- Statuses that a document passed, in the words of the site's language; English is understood.
CREATE VIEW passed AS
SELECT name, reference_doctype AS doctype, reference_name AS doc, trim(content) AS status, creation AS time, owner AS uid,
       lag(trim(content)) OVER (PARTITION BY reference_doctype, reference_name ORDER BY creation, name) AS before
FROM "tabComment" WHERE comment_type = 'Label';

-- Goods -------------------------------------------------------------------------

-- What leaves, or comes back: with a delivery note, or with an invoice that moves stock.
CREATE VIEW shipment AS
SELECT 'delivery:' || d.name AS delivery, d.name AS doc, 'Delivery Note' AS doctype, coalesce(d.is_return, 0) = 1 AS is_return, d.posting_date, d.status, d.set_warehouse, d.transporter_name FROM "tabDelivery Note" d
UNION ALL BY NAME
SELECT 'invoice-delivery:' || i.name AS delivery, i.name AS doc, 'Sales Invoice' AS doctype, coalesce(i.is_return, 0) = 1 AS is_return, i.posting_date, i.status, i.set_warehouse
FROM "tabSales Invoice" i WHERE i.update_stock = 1;

CREATE VIEW goods AS
SELECT 'delivery-item:' || l.name AS item, 'tabDelivery Note Item' AS source_table, l.name, s.delivery, s.doctype, s.is_return, l.idx, l.item_code, l.qty, l.uom, coalesce(nullif(l.conversion_factor, 0), 1) AS factor,
       l.net_rate, l.so_detail, l.dn_detail AS returned, l.batch_no, l.pick_list_item, l.warehouse
FROM "tabDelivery Note Item" l JOIN shipment s ON s.doctype = 'Delivery Note' AND s.doc = l.parent
UNION ALL BY NAME
SELECT 'invoice-delivery-item:' || l.name AS item, 'tabSales Invoice Item' AS source_table, l.name, s.delivery, s.doctype, s.is_return, l.idx, l.item_code, l.qty, l.uom, coalesce(nullif(l.conversion_factor, 0), 1) AS factor,
       l.net_rate, l.so_detail, l.warehouse
FROM "tabSales Invoice Item" l JOIN shipment s ON s.doctype = 'Sales Invoice' AND s.doc = l.parent WHERE l.dn_detail IS NULL;

-- The receivables ledger --------------------------------------------------------

CREATE VIEW ledger AS
SELECT name, voucher_type, voucher_no, against_voucher_type, against_voucher_no, party, account_currency AS currency, amount_in_account_currency AS amount,
       coalesce(delinked, 0) = 1 AS is_delinked, posting_date, due_date, creation, owner, modified, modified_by,
       (voucher_type, voucher_no) <> (against_voucher_type, against_voucher_no) AS is_application
FROM "tabPayment Ledger Entry"
WHERE account_type = 'Receivable' AND party_type = 'Customer' AND amount_in_account_currency <> 0;

-- Vouchers that are money received, or paid back, with their customer. A
-- cancelled one is worth nothing. What a payment settles beyond its money is given up.
CREATE VIEW cash AS
WITH booked AS (
	SELECT voucher_type, voucher_no, party, currency, -sum(amount) AS amount, min(creation) AS creation, min(owner) AS owner FROM ledger WHERE NOT is_delinked GROUP BY ALL
)
SELECT 'Payment Entry' AS voucher_type, p.name AS voucher_no, p.party, 'payment:' || p.name AS receipt, 'tabPayment Entry' AS source_table, p.name AS source_key,
       CASE WHEN regexp_matches(p.mode_of_payment, 'cheque|check', 'i') THEN 'cheque' WHEN regexp_matches(p.mode_of_payment, 'card', 'i') THEN 'card'
            WHEN regexp_matches(p.mode_of_payment, 'debit', 'i') THEN 'direct_debit' ELSE 'registered' END AS kind,
       p.posting_date AS date, p.reference_no AS reference, coalesce(b.currency, CASE p.payment_type WHEN 'Pay' THEN p.paid_to_account_currency ELSE p.paid_from_account_currency END) AS currency,
       CASE WHEN p.docstatus = 2 THEN 0 WHEN p.payment_type = 'Pay' THEN -coalesce(p.received_amount, p.paid_amount) ELSE p.paid_amount END::DECIMAL(18,4) AS amount,
       CASE WHEN p.docstatus = 1 AND abs(b.amount) > abs(p.paid_amount) THEN p.paid_amount::DOUBLE / abs(b.amount) ELSE 1 END AS share,
       l.submitted_at AS received_at, l.submitted_by AS received_by
FROM "tabPayment Entry" p
JOIN life l ON l.doctype = 'Payment Entry' AND l.doc = p.name
LEFT JOIN booked b ON b.voucher_type = 'Payment Entry' AND b.voucher_no = p.name
WHERE p.docstatus > 0 AND p.payment_type IN ('Receive', 'Pay')
UNION ALL
SELECT 'Journal Entry', j.name, b.party, 'journal:' || j.name || ':' || b.party, 'tabJournal Entry', j.name, 'bank', j.posting_date, j.cheque_no, b.currency, b.amount::DECIMAL(18,4), 1, b.creation, b.owner
FROM "tabJournal Entry" j JOIN booked b ON b.voucher_type = 'Journal Entry' AND b.voucher_no = j.name
WHERE j.docstatus = 1 AND j.voucher_type IN ('Bank Entry', 'Cash Entry', 'Credit Card Entry') AND b.amount <> 0;

-- Vouchers that are due: bills, credit notes, entries by hand.
CREATE VIEW entry AS
SELECT l.voucher_type, l.voucher_no, l.party, 'entry:' || l.voucher_no || CASE WHEN l.voucher_type = 'Sales Invoice' THEN '' ELSE ':' || l.party END AS entry,
       sum(l.amount) AS amount, l.currency, min(l.posting_date) AS posting_date, max(coalesce(i.due_date, l.due_date)) AS due_date, arg_min(l.name, l.creation) AS ledger_row,
       any_value(CASE WHEN l.voucher_type = 'Sales Invoice' THEN CASE WHEN i.is_return = 1 THEN 'credit_memo' ELSE 'invoice' END
                      WHEN j.voucher_type = 'Write Off Entry' THEN 'write_off' ELSE 'journal' END) AS kind
FROM ledger l
LEFT JOIN "tabSales Invoice" i ON l.voucher_type = 'Sales Invoice' AND i.name = l.voucher_no
LEFT JOIN "tabJournal Entry" j ON l.voucher_type = 'Journal Entry' AND j.name = l.voucher_no
ANTI JOIN cash c ON c.voucher_type = l.voucher_type AND c.voucher_no = l.voucher_no AND c.party = l.party
WHERE NOT l.is_delinked AND l.voucher_type <> 'Payment Entry'
GROUP BY l.voucher_type, l.voucher_no, l.party, l.currency;

-- What was set off. Of what does not stand any more only money is told. Rounding falls on a receipt's last.
CREATE VIEW settled AS
SELECT l.name, l.posting_date, l.is_delinked, a.entry, a.currency, -l.amount AS amount, o.entry AS own_entry, o.currency AS own_currency, l.amount AS own_amount,
       c.receipt, c.currency AS receipt_currency, c.share,
       CASE WHEN c.share = 1 THEN -l.amount
            ELSE round(sum(-l.amount) OVER w * c.share, 2) - coalesce(round(sum(-l.amount) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) * c.share, 2), 0) END::DECIMAL(18,4) AS money,
       -- allocated when its line was written, or submitted: the ledger is written anew by later allocations
       CASE WHEN c.voucher_type = 'Payment Entry' THEN coalesce(greatest(r.creation, c.received_at), l.creation) ELSE l.creation END AS time,
       CASE WHEN c.voucher_type = 'Payment Entry' AND r.creation <= c.received_at THEN c.received_by WHEN r.creation > c.received_at THEN r.owner ELSE l.owner END AS uid,
       l.modified AS undone_at, l.modified_by AS undone_by
FROM ledger l
JOIN entry a ON a.voucher_type = l.against_voucher_type AND a.voucher_no = l.against_voucher_no AND a.party = l.party AND a.currency = l.currency
LEFT JOIN cash c ON c.voucher_type = l.voucher_type AND c.voucher_no = l.voucher_no AND c.party = l.party
LEFT JOIN entry o ON o.voucher_type = l.voucher_type AND o.voucher_no = l.voucher_no AND o.party = l.party AND o.currency = l.currency
LEFT JOIN (SELECT parent, reference_doctype, reference_name, min(creation) AS creation, arg_min(owner, creation) AS owner FROM "tabPayment Entry Reference" GROUP BY ALL) r
       ON l.voucher_type = 'Payment Entry' AND r.parent = l.voucher_no AND r.reference_doctype = l.against_voucher_type AND r.reference_name = l.against_voucher_no
WHERE l.is_application AND (NOT l.is_delinked OR c.receipt IS NOT NULL AND l.amount < 0)
WINDOW w AS (PARTITION BY c.receipt, l.is_delinked ORDER BY l.creation, l.name);

-- Both sides, with their own signs and currencies.
CREATE VIEW applied AS
SELECT name, 'applied:' || name AS application, NULL::VARCHAR AS kind, entry, NULL AS receipt, CASE WHEN receipt IS NULL THEN amount ELSE money END::DECIMAL(18,4) AS amount, currency, posting_date FROM settled
UNION ALL
SELECT name, 'applied:' || name, NULL, own_entry, NULL, own_amount::DECIMAL(18,4), own_currency, posting_date FROM settled WHERE own_entry IS NOT NULL AND receipt IS NULL
UNION ALL
SELECT name, 'applied:' || name, NULL, NULL, receipt, money, receipt_currency, posting_date FROM settled WHERE receipt IS NOT NULL
UNION ALL
SELECT name, 'applied:' || name || ':write_off', 'write_off', entry, NULL, (amount - money)::DECIMAL(18,4), currency, posting_date FROM settled WHERE receipt IS NOT NULL AND amount <> money;

-- Money that the bank reports and no voucher explains yet.
CREATE VIEW unexplained AS
SELECT 'bank-transaction:' || name AS receipt, name, date, currency, coalesce(unallocated_amount, deposit) AS amount, creation, owner, reference_number, CASE WHEN party_type = 'Customer' THEN party END AS party
FROM "tabBank Transaction" WHERE docstatus = 1 AND deposit > 0 AND coalesce(unallocated_amount, deposit) > 0;

-- Changes with values -------------------------------------------------------------

-- A total tells that lines were edited, and is no attribute that somebody changed:
-- it counts where the same save says nothing of the lines.
CREATE VIEW edited AS
WITH c AS (
	SELECT c.*, w.activity, w.attribute, w.slug, w.kind, regexp_extract_all(c.old_text, '[0-9]+') AS old_part, regexp_extract_all(c.new_text, '[0-9]+') AS new_part
	FROM changed c
	JOIN (VALUES
		('Sales Order', NULL, 'delivery_date', 'Change Requested Date', 'requested_date', 'date', 'day'),
		('Sales Order', NULL, 'customer', 'Change Partner', 'customer', 'partner', 'text'),
		('Sales Order', NULL, 'payment_terms_template', 'Change Terms', 'payment_terms', 'terms', 'text'),
		('Sales Order', NULL, 'po_no', 'Change Sales Order', 'customer_reference', 'edit', 'text'),
		('Sales Order', NULL, 'net_total', 'Change Sales Order', NULL, 'edit', 'number'),
		('Sales Order', 'items', 'qty', 'Change Quantity', 'quantity', 'qty', 'number'),
		('Sales Order', 'items', 'rate', 'Change Price', 'net_price', 'price', 'number'),
		('Sales Order', 'items', 'delivery_date', 'Change Requested Date', 'requested_date', 'date', 'day'),
		('Sales Order', 'items', 'item_code', 'Change Material', 'material', 'material', 'text'),
		('Delivery Note', NULL, 'transporter_name', 'Change Delivery', 'carrier', 'edit', 'text'),
		('Delivery Note', 'items', 'qty', 'Change Delivery', NULL, 'edit', 'number'),
		('Delivery Note', 'items', 'batch_no', 'Change Delivery', 'batch', 'edit', 'text'),
		('Sales Invoice', NULL, 'net_total', 'Change Invoice', NULL, 'edit', 'number'),
		('Sales Invoice', NULL, 'posting_date', 'Change Invoice', 'posting_date', 'edit', 'day'),
		('Sales Invoice', NULL, 'due_date', 'Change Invoice', 'due_date', 'edit', 'day')
	) AS w(doctype, row_table, field, activity, attribute, slug, kind) ON w.doctype = c.doctype AND w.row_table IS NOT DISTINCT FROM c.row_table AND w.field = c.field
)
SELECT c.version, c.doctype, c.doc, c.row_name, c.time, c.uid, c.field, c.activity, c.attribute, 'v-' || c.version || '-' || coalesce(c.row_name || '-', '') || c.slug AS key,
       CASE c.kind WHEN 'day' THEN TRY_CAST(CASE WHEN len(c.old_part[1]) = 4 THEN c.old_part[1] || '-' || c.old_part[2] || '-' || c.old_part[3]
                                               WHEN s.month_first THEN c.old_part[3] || '-' || c.old_part[1] || '-' || c.old_part[2]
                                               ELSE c.old_part[3] || '-' || c.old_part[2] || '-' || c.old_part[1] END AS DATE)::VARCHAR
                   WHEN 'number' THEN TRY_CAST(replace(regexp_replace(regexp_extract(c.old_text, '-?[0-9][0-9., '']*'), '[^0-9' || s.decimal_mark || '-]', '', 'g'), s.decimal_mark, '.') AS DECIMAL(18,6))::VARCHAR
                   ELSE nullif(c.old_text, '') END AS old_value,
       CASE c.kind WHEN 'day' THEN TRY_CAST(CASE WHEN len(c.new_part[1]) = 4 THEN c.new_part[1] || '-' || c.new_part[2] || '-' || c.new_part[3]
                                               WHEN s.month_first THEN c.new_part[3] || '-' || c.new_part[1] || '-' || c.new_part[2]
                                               ELSE c.new_part[3] || '-' || c.new_part[2] || '-' || c.new_part[1] END AS DATE)::VARCHAR
                   WHEN 'number' THEN TRY_CAST(replace(regexp_replace(regexp_extract(c.new_text, '-?[0-9][0-9., '']*'), '[^0-9' || s.decimal_mark || '-]', '', 'g'), s.decimal_mark, '.') AS DECIMAL(18,6))::VARCHAR
                   ELSE nullif(c.new_text, '') END AS new_value
FROM c CROSS JOIN site s
WHERE (c.attribute IS NOT NULL OR c.row_name IS NOT NULL OR c.version NOT IN (SELECT version FROM c WHERE row_name IS NOT NULL))
  AND (c.doctype, c.doc) IN (SELECT (doctype, doc) FROM document)
  AND (c.row_name IS NULL OR c.doctype <> 'Sales Order' OR c.row_name IN (SELECT name FROM "tabSales Order Item"));

-- Events --------------------------------------------------------------------------

-- Times of the site; h.time becomes a point in time below.
CREATE VIEW happened AS
WITH
alive AS MATERIALIZED (FROM life),
editing AS MATERIALIZED (FROM edited),
setting AS MATERIALIZED (FROM settled)
-- documents are created, submitted, cancelled
SELECT 'c-' || l.doctype || '-' || l.doc AS key,
       CASE l.doctype WHEN 'Sales Order' THEN 'Create Sales Order' WHEN 'Delivery Note' THEN CASE WHEN l.is_return THEN 'Create Return Delivery' ELSE 'Create Delivery' END
                      ELSE CASE WHEN l.is_return THEN 'Create Credit Memo' ELSE 'Create Invoice' END END AS activity,
       l.creation AS time, l.owner AS uid, n.type, n.prefix || l.doc AS id, 'tab' || l.doctype AS source_table, l.doc AS source_key, 'entry' AS trigger_kind,
       NULL::VARCHAR AS field, NULL::VARCHAR AS old_value, NULL::VARCHAR AS new_value, i.net_total::DECIMAL(18,4) AS amount, i.currency, i.posting_date AS business_date
FROM alive l JOIN noun n ON n.doctype = l.doctype LEFT JOIN "tabSales Invoice" i ON l.doctype = 'Sales Invoice' AND i.name = l.doc
UNION ALL BY NAME
SELECT 's-' || l.doctype || '-' || l.doc AS key,
       CASE l.doctype WHEN 'Sales Order' THEN 'Confirm Sales Order' WHEN 'Sales Invoice' THEN 'Post Invoice' WHEN 'Pick List' THEN 'Pick' WHEN 'Stock Reservation Entry' THEN 'Allocate Stock' WHEN 'Dunning' THEN 'Dun' END AS activity,
       l.submitted_at AS time, l.submitted_by AS uid, n.type, n.prefix || l.doc AS id, 'tab' || l.doctype AS source_table, l.doc AS source_key,
       CASE WHEN l.is_untracked THEN 'untracked' ELSE 'manual' END AS trigger_kind, i.posting_date AS business_date
FROM alive l LEFT JOIN noun n ON n.doctype = l.doctype LEFT JOIN "tabSales Invoice" i ON l.doctype = 'Sales Invoice' AND i.name = l.doc
WHERE l.doctype IN ('Sales Order', 'Sales Invoice', 'Pick List', 'Stock Reservation Entry', 'Dunning') AND l.submitted_at IS NOT NULL
UNION ALL BY NAME
SELECT 'x-' || l.doctype || '-' || l.doc AS key,
       CASE l.doctype WHEN 'Sales Order' THEN 'Cancel Sales Order' WHEN 'Sales Invoice' THEN 'Cancel Invoice' WHEN 'Delivery Note' THEN 'Cancel Delivery' WHEN 'Stock Reservation Entry' THEN 'Deallocate Stock' END AS activity,
       l.cancelled_at AS time, l.cancelled_by AS uid, n.type, n.prefix || l.doc AS id, 'tab' || l.doctype AS source_table, l.doc AS source_key, 'manual' AS trigger_kind
FROM alive l LEFT JOIN noun n ON n.doctype = l.doctype
WHERE l.doctype IN ('Sales Order', 'Sales Invoice', 'Delivery Note', 'Stock Reservation Entry') AND l.cancelled_at IS NOT NULL
UNION ALL BY NAME
SELECT 'c-pick-' || doc AS key, 'Start Picking' AS activity, creation AS time, owner AS uid, 'tabPick List' AS source_table, doc AS source_key, 'entry' AS trigger_kind FROM alive WHERE doctype = 'Pick List'
UNION ALL BY NAME
SELECT 'c-' || s.delivery AS key, CASE WHEN s.is_return THEN 'Create Return Delivery' ELSE 'Create Delivery' END AS activity, l.creation AS time, l.owner AS uid, 'Delivery' AS type, s.delivery AS id,
       'tabSales Invoice' AS source_table, s.doc AS source_key, 'follow-up' AS trigger_kind
FROM shipment s JOIN alive l ON l.doctype = s.doctype AND l.doc = s.doc WHERE s.doctype = 'Sales Invoice'
UNION ALL BY NAME
SELECT 'gi-' || s.delivery AS key, CASE WHEN s.is_return THEN 'Receive Return' ELSE 'Post Goods Issue' END AS activity, l.submitted_at AS time, l.submitted_by AS uid, 'Delivery' AS type, s.delivery AS id,
       'tab' || s.doctype AS source_table, s.doc AS source_key, CASE WHEN l.is_untracked THEN 'untracked' ELSE 'manual' END AS trigger_kind, s.posting_date AS business_date
FROM shipment s JOIN alive l ON l.doctype = s.doctype AND l.doc = s.doc WHERE l.submitted_at IS NOT NULL
UNION ALL BY NAME
-- a note that is cancelled takes its goods issue back
SELECT 'rgi-' || s.delivery AS key, 'Reverse Goods Issue' AS activity, l.cancelled_at AS time, l.cancelled_by AS uid, 'Delivery' AS type, s.delivery AS id,
       'tab' || s.doctype AS source_table, s.doc AS source_key, 'manual' AS trigger_kind, s.posting_date AS business_date
FROM shipment s JOIN alive l ON l.doctype = s.doctype AND l.doc = s.doc WHERE l.cancelled_at IS NOT NULL AND NOT s.is_return
UNION ALL BY NAME
SELECT 'amend-' || o.name AS key, 'Amend Sales Order' AS activity, o.creation AS time, o.owner AS uid, 'Amendment' AS type, 'amendment:' || o.name AS id,
       'tabSales Order' AS source_table, o.name AS source_key, 'manual' AS trigger_kind FROM "tabSales Order" o WHERE o.amended_from IS NOT NULL
UNION ALL BY NAME
-- money
SELECT 'c-' || receipt AS key, 'Receive Payment' AS activity, received_at AS time, received_by AS uid, 'Receipt' AS type, receipt AS id, source_table, source_key, 'entry' AS trigger_kind,
       amount, currency, date AS business_date FROM cash
UNION ALL BY NAME
SELECT 'c-' || receipt AS key, 'Receive Payment' AS activity, creation AS time, owner AS uid, 'Receipt' AS type, receipt AS id, 'tabBank Transaction' AS source_table, name AS source_key, 'entry' AS trigger_kind,
       amount, currency, date AS business_date FROM unexplained
UNION ALL BY NAME
SELECT 'apply-' || name AS key, 'Apply Cash' AS activity, time, uid, 'Application' AS type, 'applied:' || name AS id, 'tabPayment Ledger Entry' AS source_table, name AS source_key, 'entry' AS trigger_kind,
       amount, currency, posting_date AS business_date FROM setting WHERE receipt IS NOT NULL
UNION ALL BY NAME
SELECT 'unapply-' || name AS key, 'Unapply Cash' AS activity, undone_at AS time, undone_by AS uid, 'Application' AS type, 'applied:' || name AS id, 'tabPayment Ledger Entry' AS source_table, name AS source_key, 'manual' AS trigger_kind,
       amount, currency, posting_date AS business_date FROM setting WHERE receipt IS NOT NULL AND is_delinked
UNION ALL BY NAME
-- statuses
SELECT 'label-' || p.name AS key, w.activity, p.time, p.uid, w.type, w.prefix || p.doc AS id, 'tabComment' AS source_table, p.name AS source_key, w.trigger_kind, 'status' AS field, p.before AS old_value, p.status AS new_value
FROM passed p
JOIN (VALUES ('Sales Order', 'Completed', 'Complete Sales Order', 'SalesOrder', 'order:', 'follow-up'), ('Sales Order', 'On Hold', 'Set Delivery Block', 'Block', 'hold:', 'manual'),
             ('Sales Invoice', 'Paid', 'Invoice Paid', 'Invoice', 'invoice:', 'follow-up')) AS w(doctype, status, activity, type, prefix, trigger_kind)
  ON w.doctype = p.doctype AND w.status = p.status
WHERE (p.doctype, p.doc) IN (SELECT (doctype, doc) FROM document)
UNION ALL BY NAME
SELECT 'unhold-' || p.name AS key, 'Release Delivery Block' AS activity, p.time, p.uid, 'Block' AS type, 'hold:' || p.doc AS id, 'tabComment' AS source_table, p.name AS source_key, 'manual' AS trigger_kind,
       'status' AS field, p.before AS old_value, p.status AS new_value
FROM passed p JOIN "tabSales Order" o ON p.doctype = 'Sales Order' AND o.name = p.doc WHERE p.before = 'On Hold' AND p.status <> 'On Hold'
UNION ALL BY NAME
-- a closed order's lines are given up as far as they are not delivered
SELECT CASE p.status WHEN 'Closed' THEN 'close-' ELSE 'reopen-' END || p.name || '-' || l.name AS key, CASE p.status WHEN 'Closed' THEN 'Reject Item' ELSE 'Restore Item' END AS activity, p.time, p.uid,
       'SalesOrderItem' AS type, 'order-item:' || l.name AS id, 'tabComment' AS source_table, p.name AS source_key, 'manual' AS trigger_kind, 'status' AS field, p.before AS old_value, p.status AS new_value
FROM passed p JOIN "tabSales Order Item" l ON p.doctype = 'Sales Order' AND l.parent = p.doc AND coalesce(l.delivered_qty, 0) < l.qty
WHERE (p.status = 'Closed') <> coalesce(p.before = 'Closed', FALSE)
UNION ALL BY NAME
-- mails that were sent
SELECT 'mail-' || m.name AS key, CASE m.reference_doctype WHEN 'Sales Order' THEN 'Send Order Confirmation' WHEN 'Delivery Note' THEN 'Send Delivery Note' ELSE 'Send Invoice' END AS activity,
       m.creation AS time, m.owner AS uid, n.type, n.prefix || m.reference_name AS id, 'tabCommunication' AS source_table, m.name AS source_key, 'manual' AS trigger_kind
FROM "tabCommunication" m JOIN noun n ON n.doctype = m.reference_doctype JOIN document d ON d.doctype = m.reference_doctype AND d.doc = m.reference_name
WHERE m.sent_or_received = 'Sent' AND m.communication_medium = 'Email'
UNION ALL BY NAME
-- values change
SELECT e.key, e.activity, min(e.time) AS time, min(e.uid) AS uid, CASE WHEN e.doctype = 'Sales Order' AND e.row_name IS NOT NULL THEN 'SalesOrderItem' ELSE n.type END AS type,
       CASE WHEN e.doctype = 'Sales Order' AND e.row_name IS NOT NULL THEN 'order-item:' || e.row_name ELSE n.prefix || e.doc END AS id,
       'tabVersion' AS source_table, e.version AS source_key, 'manual' AS trigger_kind, string_agg(e.field, ', ' ORDER BY e.field) AS field,
       CASE WHEN count(*) = 1 THEN min(e.old_value) END AS old_value, CASE WHEN count(*) = 1 THEN min(e.new_value) END AS new_value
FROM editing e JOIN noun n ON n.doctype = e.doctype GROUP BY e.key, e.activity, e.doctype, e.row_name, e.doc, e.version, n.type, n.prefix
UNION ALL BY NAME
SELECT 'added-' || v.version || '-' || l.name AS key, 'Create Sales Order Item' AS activity, v.time, v.uid, 'SalesOrderItem' AS type, 'order-item:' || l.name AS id,
       'tabVersion' AS source_table, v.version AS source_key, 'manual' AS trigger_kind
FROM (SELECT *, unnest(json_extract(data, '$.added[*]')) AS r FROM version WHERE doctype = 'Sales Order') v
JOIN "tabSales Order Item" l ON l.name = json_extract_string(v.r, '$[1].name') AND json_extract_string(v.r, '$[0]') = 'items'
UNION ALL BY NAME
SELECT DISTINCT 'removed-' || v.version AS key, 'Change Sales Order' AS activity, v.time, v.uid, 'SalesOrder' AS type, 'order:' || v.doc AS id,
       'tabVersion' AS source_table, v.version AS source_key, 'manual' AS trigger_kind, 'items' AS field
FROM (SELECT *, unnest(json_extract(data, '$.removed[*]')) AS r FROM version WHERE doctype = 'Sales Order') v
JOIN "tabSales Order" o ON o.name = v.doc WHERE json_extract_string(v.r, '$[0]') = 'items';

CREATE VIEW event AS
SELECT h.key, h.activity, timezone(s.zone, h.time) AS time, h.uid AS resource,
       CASE WHEN h.trigger_kind = 'follow-up' THEN 'scheduler' ELSE coalesce(a.kind, 'unknown') END AS actor_kind,
       h.source_table, h.source_key, h.trigger_kind, h.field, h.old_value, h.new_value, h.amount, h.currency, h.business_date
FROM happened h CROSS JOIN site s LEFT JOIN actor a ON a.uid = h.uid
WHERE h.time IS NOT NULL AND h.activity IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, amount, currency FROM happened WHERE id IS NOT NULL AND time IS NOT NULL AND activity IS NOT NULL
UNION ALL BY NAME
SELECT e.event_key, 'WarehouseTask' AS type, 'pick:' || l.name AS id, 'by' AS qualifier
FROM "tabPick List Item" l JOIN "tabPick List" p ON p.name = l.parent
CROSS JOIN LATERAL (SELECT 'c-pick-' || p.name AS event_key UNION ALL SELECT 's-Pick List-' || p.name WHERE p.docstatus > 0) e
UNION ALL BY NAME
SELECT DISTINCT e.event_key, 'Delivery' AS type, g.delivery AS id, 'on' AS qualifier
FROM "tabPick List Item" l JOIN "tabPick List" p ON p.name = l.parent JOIN goods g ON g.pick_list_item = l.name
CROSS JOIN LATERAL (SELECT 'c-pick-' || p.name AS event_key UNION ALL SELECT 's-Pick List-' || p.name WHERE p.docstatus > 0) e
UNION ALL BY NAME
SELECT e.event_key, o.type, o.id, o.qualifier
FROM "tabStock Reservation Entry" r
CROSS JOIN LATERAL (SELECT 's-Stock Reservation Entry-' || r.name AS event_key WHERE r.docstatus > 0 UNION ALL SELECT 'x-Stock Reservation Entry-' || r.name WHERE r.docstatus = 2) e
CROSS JOIN LATERAL (SELECT 'Allocation' AS type, 'reservation:' || r.name AS id, 'by' AS qualifier
                    UNION ALL SELECT 'SalesOrderItem', 'order-item:' || r.voucher_detail_no, 'of' WHERE r.voucher_detail_no IN (SELECT name FROM "tabSales Order Item")) o
WHERE r.voucher_type = 'Sales Order'
UNION ALL BY NAME
SELECT DISTINCT 's-Dunning-' || d.name AS event_key, o.type, o.id, o.qualifier
FROM "tabDunning" d
LEFT JOIN "tabOverdue Payment" p ON p.parent = d.name
JOIN "tabSales Invoice" i ON i.name = coalesce(p.sales_invoice, d.sales_invoice)
LEFT JOIN entry e ON e.voucher_type = 'Sales Invoice' AND e.voucher_no = i.name
CROSS JOIN LATERAL (SELECT 'Invoice' AS type, 'invoice:' || i.name AS id, 'of' AS qualifier UNION ALL SELECT 'AREntry', e.entry, 'on' WHERE e.entry IS NOT NULL) o
WHERE d.docstatus > 0
UNION ALL BY NAME
SELECT 'amend-' || o.name AS event_key, 'SalesOrder' AS type, x.id, x.qualifier
FROM "tabSales Order" o
CROSS JOIN LATERAL (SELECT 'order:' || o.name AS id, 'to' AS qualifier UNION ALL SELECT 'order:' || o.amended_from, 'of' WHERE o.amended_from IN (SELECT name FROM "tabSales Order")) x
WHERE o.amended_from IS NOT NULL
UNION ALL BY NAME
SELECT e.event_key, CASE WHEN a.entry IS NULL THEN 'Receipt' ELSE 'AREntry' END AS type, coalesce(a.entry, a.receipt) AS id, CASE WHEN a.entry IS NULL THEN 'applies' ELSE 'clears' END AS qualifier,
       sum(a.amount) AS amount, min(a.currency) AS currency
FROM applied a JOIN settled s ON s.name = a.name AND s.receipt IS NOT NULL
CROSS JOIN LATERAL (SELECT 'apply-' || s.name AS event_key UNION ALL SELECT 'unapply-' || s.name WHERE s.is_delinked) e
GROUP BY e.event_key, a.entry, a.receipt
UNION ALL BY NAME
SELECT 'apply-' || name AS event_key, 'Application' AS type, application AS id, 'by' AS qualifier FROM applied WHERE kind IS NOT NULL;
