-- What happened to the money, in the words of the order-to-cash model?
--
-- What it relies on:
-- * Times are UTC, bank dates are days; document numbers are padded, in another width than the ERP's.
-- * An application settles one entry: by cash, by setting it off against another that is settled by as much (SET), by
--   moving what is missing to a residual entry (RES), by discount or write-off.
-- * The kind of whoever applied stands beside the name; where it does not, users are those of the ERP.

CREATE MACRO document(number) AS CASE WHEN length(ltrim(number, '0')) < 10 THEN lpad(ltrim(number, '0'), 10, '0') ELSE ltrim(number, '0') END;

CREATE VIEW actor AS
SELECT o.id AS user_name, u.kind FROM main.object o JOIN objects."User" u USING (object);

CREATE VIEW memo_item AS
SELECT i.*, document(i.credit_memo_no) || '/' || i.item_no AS id, m.currency,
       document(i.order_no) || '/' || i.order_item_no AS order_item
FROM credit_memo_item i JOIN credit_memo m USING (credit_memo_no);

-- Events ------------------------------------------------------------------------

CREATE VIEW happened AS
SELECT 'memo/' || credit_memo_no AS key, 'Create Credit Memo' AS activity, created_at AS time, created_by AS user_name,
       'Invoice' AS type, document(credit_memo_no) AS id, 'credit_memo' AS source_table, credit_memo_no AS source_key,
       net_amount AS amount, currency, memo_date AS business_date
FROM credit_memo
UNION ALL BY NAME
SELECT 'post/' || credit_memo_no AS key, 'Post Invoice' AS activity, posted_at AS time, posted_by AS user_name,
       'Invoice' AS type, document(credit_memo_no) AS id, 'credit_memo' AS source_table, credit_memo_no AS source_key,
       gross_amount AS amount, currency, memo_date AS business_date
FROM credit_memo
UNION ALL BY NAME
SELECT 'receipt/' || r.receipt_no AS key, 'Receive Payment' AS activity, r.created_at AS time, r.created_by AS user_name,
       'Receipt' AS type, document(r.receipt_no) AS id, 'receipt' AS source_table, r.receipt_no AS source_key,
       r.amount, r.currency, b.value_date AS business_date
FROM receipt r LEFT JOIN bank_line b USING (statement_no, line_no)
UNION ALL BY NAME
SELECT 'apply/' || application_no AS key, CASE kind WHEN 'PAY' THEN 'Apply Cash' ELSE 'Clear Receivable' END AS activity,
       applied_at AS time, applied_by AS user_name, CASE applied_by_kind WHEN 'RULE' THEN 'scheduler' WHEN 'ROBOT' THEN 'bot' END AS user_kind,
       'Application' AS type, application_no AS id, 'application' AS source_table, application_no AS source_key, amount
FROM application
UNION ALL BY NAME
SELECT 'unapply/' || application_no AS key, CASE kind WHEN 'PAY' THEN 'Unapply Cash' ELSE 'Reset Receivable' END AS activity,
       reversed_at AS time, reversed_by AS user_name,
       'Application' AS type, application_no AS id, 'application' AS source_table, application_no AS source_key, amount
FROM application
UNION ALL BY NAME
SELECT 'dun/' || dunning_no AS key, 'Dun' AS activity, run_date::TIMESTAMP AS time, NULL AS user_name, 'scheduler' AS user_kind, 'day' AS precision,
       'AREntry' AS type, document(entry_no) AS id, 'dunning' AS source_table, dunning_no AS source_key, run_date AS business_date, level
FROM dunning
UNION ALL BY NAME
SELECT 'open/' || case_no AS key, 'Open Dispute' AS activity, opened_at AS time, opened_by AS user_name,
       'DisputeCase' AS type, case_no AS id, 'dispute' AS source_table, case_no AS source_key, disputed_amount AS amount, currency
FROM dispute
UNION ALL BY NAME
SELECT 'decide/' || case_no AS key, CASE outcome WHEN 'REJECTED' THEN 'Reject Dispute' ELSE 'Approve Dispute' END AS activity,
       decided_at AS time, decided_by AS user_name, 'DisputeCase' AS type, case_no AS id, 'dispute' AS source_table, case_no AS source_key
FROM dispute
UNION ALL BY NAME
SELECT 'close/' || case_no AS key, 'Close Dispute' AS activity, closed_at AS time, closed_by AS user_name,
       'DisputeCase' AS type, case_no AS id, 'dispute' AS source_table, case_no AS source_key
FROM dispute;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.precision, h.user_name AS resource,
       coalesce(h.user_kind, a.kind, 'unknown') AS actor_kind,
       h.source_table, h.source_key, h.amount, h.currency, h.business_date, h.level
FROM happened h LEFT JOIN actor a USING (user_name)
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, amount, currency FROM happened WHERE time IS NOT NULL
UNION ALL
SELECT 'memo/' || credit_memo_no, 'InvoiceItem', id, 'creates', quantity, net_amount, currency FROM memo_item
UNION ALL
SELECT x.key || a.application_no, 'AREntry', document(a.entry_no), 'clears', NULL, a.amount, NULL
FROM application a CROSS JOIN (VALUES ('apply/'), ('unapply/')) AS x(key) WHERE x.key = 'apply/' OR a.reversed_at IS NOT NULL
UNION ALL
SELECT x.key || a.application_no, 'AREntry', document(a.offset_entry_no), 'clears', NULL, -a.amount, NULL
FROM application a CROSS JOIN (VALUES ('apply/'), ('unapply/')) AS x(key)
WHERE a.kind = 'SET' AND a.offset_entry_no IS NOT NULL AND (x.key = 'apply/' OR a.reversed_at IS NOT NULL)
UNION ALL
SELECT x.key || a.application_no, 'Receipt', document(a.receipt_no), 'applies', NULL, a.amount, NULL
FROM application a CROSS JOIN (VALUES ('apply/'), ('unapply/')) AS x(key) WHERE a.receipt_no IS NOT NULL AND (x.key = 'apply/' OR a.reversed_at IS NOT NULL);

-- Objects -----------------------------------------------------------------------

CREATE VIEW object_Invoice AS
SELECT document(credit_memo_no) AS id, 'credit_memo' AS source_table, credit_memo_no AS source_key, document(credit_memo_no) AS number,
       'credit_memo' AS kind, memo_date AS invoice_date,
       CASE upper(reason) WHEN 'PRICE' THEN 'price' WHEN 'QTY' THEN 'quantity' WHEN 'QUANTITY' THEN 'quantity' WHEN 'QUALITY' THEN 'quality' WHEN 'RETURN' THEN 'return' WHEN 'REBATE' THEN 'rebate'
                   WHEN 'OTHER' THEN 'other' ELSE lower(reason) END AS reason,
       net_amount, gross_amount, currency
FROM credit_memo;

CREATE VIEW object_InvoiceItem AS
SELECT id, 'credit_memo_item' AS source_table, credit_memo_no || '/' || item_no AS source_key, item_no AS position, -abs(quantity) AS quantity,
       -abs(net_amount) AS net_amount, currency
FROM memo_item;

CREATE VIEW object_AREntry AS
SELECT document(entry_no) AS id, 'receivable' AS source_table, entry_no AS source_key,
       CASE kind WHEN 'INV' THEN 'invoice' WHEN 'CRM' THEN 'credit_memo' WHEN 'CAN' THEN 'cancellation' WHEN 'RES' THEN 'residual' ELSE 'journal' END AS kind,
       posting_date, due_date, amount, currency, reason
FROM receivable;

CREATE VIEW object_Receipt AS
SELECT document(r.receipt_no) AS id, 'receipt' AS source_table, r.receipt_no AS source_key, r.receipt_no AS number, 'bank' AS kind,
       b.value_date, r.amount, r.currency, b.remittance_text AS reference
FROM receipt r LEFT JOIN bank_line b USING (statement_no, line_no);

CREATE VIEW object_Application AS
SELECT application_no AS id, 'application' AS source_table, application_no AS source_key,
       CASE kind WHEN 'WOF' THEN 'write_off' WHEN 'DIS' THEN 'discount' WHEN 'RES' THEN 'residual' END AS kind, applied_at::DATE AS date, clearing_no AS clearing
FROM application;

CREATE VIEW object_PromiseToPay AS
SELECT promise_no AS id, 'promise' AS source_table, promise_no AS source_key, promised_on, due_on, amount, currency
FROM promise;

CREATE VIEW object_DisputeCase AS
SELECT case_no AS id, 'dispute' AS source_table, case_no AS source_key, case_no AS number, reason,
       CASE reason WHEN 'PRICE' THEN 'price' WHEN 'QTY' THEN 'quantity' WHEN 'QUALITY' THEN 'quality' WHEN 'PAPER' THEN 'paperwork' ELSE 'other' END AS reason_class,
       status, lower(outcome) AS outcome, status = 'CLOSED' AS closed, owner, disputed_amount, credited_amount, currency
FROM dispute;

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'Invoice' AS source_type, document(credit_memo_no) AS source_id, 'Customer' AS target_type, document(customer_no) AS target_id, 'billed to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM credit_memo
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, document(credit_memo_no) AS source_id, 'Invoice' AS target_type, document(invoice_no) AS target_id, 'corrects' AS qualifier,
       net_amount AS amount, currency FROM credit_memo WHERE invoice_no IS NOT NULL
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'Invoice' AS target_type, document(credit_memo_no) AS target_id, 'item of' AS qualifier FROM memo_item
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, order_item AS target_id, 'bills' AS qualifier,
       -abs(quantity) AS quantity, -abs(net_amount) AS amount, currency
FROM memo_item WHERE order_item IS NOT NULL
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, document(entry_no) AS source_id, 'Invoice' AS target_type, document(coalesce(credit_memo_no, invoice_no)) AS target_id,
       'receivable of' AS qualifier, amount, currency
FROM receivable WHERE coalesce(credit_memo_no, invoice_no) IS NOT NULL
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, document(entry_no) AS source_id, 'Customer' AS target_type, document(customer_no) AS target_id, 'owed by' AS qualifier FROM receivable
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, document(entry_no) AS source_id, 'AREntry' AS target_type, document(residual_of) AS target_id, 'residual of' AS qualifier, amount, currency
FROM receivable WHERE residual_of IS NOT NULL
UNION ALL BY NAME
SELECT 'Application' AS source_type, a.application_no AS source_id, 'AREntry' AS target_type, document(a.entry_no) AS target_id, 'clears' AS qualifier, a.amount, e.currency
FROM application a LEFT JOIN receivable e USING (entry_no)
UNION ALL BY NAME
-- the other side of a set-off is settled by as much, with its own sign
SELECT 'Application' AS source_type, a.application_no AS source_id, 'AREntry' AS target_type, document(a.offset_entry_no) AS target_id, 'clears' AS qualifier, -a.amount AS amount, e.currency
FROM application a LEFT JOIN receivable e USING (entry_no) WHERE a.kind = 'SET' AND a.offset_entry_no IS NOT NULL
UNION ALL BY NAME
SELECT 'Application' AS source_type, a.application_no AS source_id, 'Receipt' AS target_type, document(a.receipt_no) AS target_id, 'applies' AS qualifier, a.amount, r.currency
FROM application a JOIN receipt r USING (receipt_no)
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, document(receipt_no) AS source_id, 'Customer' AS target_type, document(customer_no) AS target_id, 'paid by' AS qualifier
FROM receipt WHERE customer_no IS NOT NULL
UNION ALL BY NAME
SELECT 'PromiseToPay' AS source_type, promise_no AS source_id, 'AREntry' AS target_type, document(entry_no) AS target_id, 'promises' AS qualifier, amount, currency
FROM promise WHERE entry_no IS NOT NULL
UNION ALL BY NAME
SELECT 'DisputeCase' AS source_type, case_no AS source_id, 'Customer' AS target_type, document(customer_no) AS target_id, 'raised by' AS qualifier FROM dispute
UNION ALL BY NAME
SELECT 'DisputeCase' AS source_type, case_no AS source_id, 'Invoice' AS target_type, document(invoice_no) AS target_id, 'disputes' AS qualifier,
       disputed_amount AS amount, currency FROM dispute WHERE invoice_no IS NOT NULL
UNION ALL BY NAME
SELECT 'DisputeCase' AS source_type, case_no AS source_id, 'Invoice' AS target_type, document(credit_memo_no) AS target_id, 'resolved by' AS qualifier,
       net_amount AS amount, currency FROM credit_memo WHERE case_no IS NOT NULL;
