-- What happened, in the words of the order-to-cash model?

-- "user" is who SAP says it was; trigger_kind says that it is the system's own
-- consequence of something else. reverses is the key of the event that is taken back.
CREATE TEMP TABLE happened AS
SELECT 'order/' || id AS key, CASE category WHEN 'H' THEN 'Create Return Order' ELSE 'Create Sales Order' END AS activity, created_at AS time, precision, creator AS "user",
       'SalesOrder' AS type, id, 'VBAK' AS source_table, source_key, 0::BIGINT AS sequence, NULL::VARCHAR AS transaction, NULL::VARCHAR AS trigger_kind,
       NULL::VARCHAR AS field, NULL::VARCHAR AS old_value, NULL::VARCHAR AS new_value, net_value AS amount, currency, document_date AS business_date, NULL::VARCHAR AS detail, NULL::VARCHAR AS reverses
FROM sales_document WHERE is_order
UNION ALL BY NAME
-- a quotation is an event of the orders that refer to it
SELECT 'quotation/' || q.id || '/' || o.id AS key, 'Quote Sales Order' AS activity, q.created_at AS time, q.precision, q.creator AS "user", 'SalesOrder' AS type, o.id, 'VBAK' AS source_table, q.source_key
FROM sales_document q
JOIN (SELECT id, reference FROM sales_document WHERE is_order UNION SELECT document, reference FROM sales_item) o ON o.reference = q.id
WHERE q.category = 'B'
UNION ALL BY NAME
-- lines that came later than their order
SELECT 'order-item/' || id AS key, 'Create Sales Order Item' AS activity, created_at AS time, precision, creator AS "user", 'SalesOrderItem' AS type, id, 'VBAP' AS source_table, source_key, net_value AS amount, currency
FROM sales_item WHERE CASE WHEN 'day' IN (precision, order_precision) THEN day_at(created_at) > day_at(order_created_at) ELSE created_at > order_created_at END
UNION ALL BY NAME
SELECT 'release/' || id AS key, 'Release Sales Order' AS activity, time, precision, 'SalesOrder' AS type, id, 'VBAK' AS source_table, source_key, sequence, 'follow-up' AS trigger_kind FROM released
UNION ALL BY NAME
-- the purchase order came with the IDoc that made the order
SELECT 'received/' || i.id || '/' || o.id AS key, 'Receive PO' AS activity, s.time, s.precision, s."user", 'SalesOrder' AS type, o.id, s.source_table, s.source_key
FROM idoc i JOIN idoc_object o ON o.idoc = i.id AND o.type = 'SalesOrder'
JOIN (FROM idoc_step WHERE place = 1) s ON s.idoc = i.id
WHERE i.direction = 'in' AND i.kind = 'order'
UNION ALL BY NAME
SELECT key, activity, time, precision, "user", type, id, 'CDPOS' AS source_table, source_key, sequence, transaction, attribute AS field, old_value, new_value FROM change
UNION ALL BY NAME
SELECT key, activity, time, precision, "user", 'Block' AS type, block AS id, source_table, source_key, sequence, transaction, 'block' AS field, old_value, reason AS new_value FROM stop_event
UNION ALL BY NAME
-- deleted documents live on in their change documents
SELECT 'deleted/' || source_key AS key, CASE tabname WHEN 'VBAK' THEN 'Cancel Sales Order' WHEN 'LIKP' THEN 'Cancel Delivery' ELSE 'Change Sales Order' END AS activity, time, precision, "user",
       CASE tabname WHEN 'LIKP' THEN 'Delivery' ELSE 'SalesOrder' END AS type, document AS id, 'CDPOS' AS source_table, source_key, sequence, transaction,
       CASE tabname WHEN 'VBAP' THEN 'item deleted' END AS field, CASE tabname WHEN 'VBAP' THEN position END AS old_value
FROM change_row
WHERE indicator = 'D' AND field = 'KEY' AND tabname IN ('VBAK', 'VBAP', 'LIKP') AND class IN ('VERKBELEG', 'LIEFERUNG') AND document NOT IN (SELECT id FROM sales_document WHERE NOT is_order)
UNION ALL BY NAME
-- delivery
SELECT 'delivery/' || id AS key, CASE kind WHEN 'return' THEN 'Create Return Delivery' ELSE 'Create Delivery' END AS activity, created_at AS time, precision, creator AS "user",
       'Delivery' AS type, id, 'LIKP' AS source_table, source_key, planned_date AS business_date FROM delivery
UNION ALL BY NAME
SELECT 'pick/' || c.source_key AS key, 'Pick' AS activity, c.time, c.precision, c."user", 'Delivery' AS type, c.document AS id, 'CDPOS' AS source_table, c.source_key, c.sequence, c.transaction, c.old_value, c.new_value
FROM change_row c
WHERE c.class = 'LIEFERUNG' AND c.field = 'KOSTK' AND c.new_value = 'C' AND c.indicator = 'U' AND c.document NOT IN (SELECT id_of(vbeln) FROM LTAP WHERE flag(pquit) AND id_of(vbeln) IS NOT NULL)
UNION ALL BY NAME
SELECT 'transfer-order/' || trim(k.lgnum) || '/' || id_of(k.tanum) || '/' || p.delivery AS key, 'Start Picking' AS activity, coalesce(time_of(k.stdat, k.stuzt), time_of(k.bdatu, k.bzeit)) AS time,
       CASE WHEN day_of(k.stdat) IS NULL THEN precision_of(k.bzeit) ELSE precision_of(k.stuzt) END AS precision, txt(k.bname) AS "user", 'Delivery' AS type, p.delivery AS id,
       'LTAK' AS source_table, k.lgnum || '/' || k.tanum AS source_key
FROM LTAK k JOIN (SELECT DISTINCT lgnum, tanum, id_of(vbeln) AS delivery FROM LTAP WHERE id_of(vbeln) IS NOT NULL) p ON p.lgnum = k.lgnum AND p.tanum = k.tanum
UNION ALL BY NAME
SELECT 'task/' || trim(lgnum) || '/' || id_of(tanum) || '/' || id_of(tapos) AS key, 'Pick' AS activity, time_of(qdatu, qzeit) AS time, precision_of(qzeit) AS precision, txt(qname) AS "user",
       'WarehouseTask' AS type, trim(lgnum) || '/' || id_of(tanum) || '/' || id_of(tapos) AS id, 'LTAP' AS source_table, lgnum || '/' || tanum || '/' || tapos AS source_key
FROM LTAP WHERE flag(pquit) AND id_of(vbeln) IS NOT NULL
UNION ALL BY NAME
SELECT 'goods/' || number || '/' || coalesce(year, '') || '/' || delivery AS key, CASE WHEN bool_or(is_reversal) THEN 'Reverse Goods Issue' WHEN min(kind) = 'return' THEN 'Receive Return' ELSE 'Post Goods Issue' END AS activity,
       min(time) AS time, min(precision) AS precision, min("user") AS "user", 'Delivery' AS type, delivery AS id, min(source_table) AS source_table, min(source_key) AS source_key,
       min(posting_date) AS business_date, min(type) AS detail, CASE WHEN min(source_table) <> 'VBFA' THEN 'goods/' || min(reversed) || '/' || coalesce(min(reversed_year), year) || '/' || delivery END AS reverses
FROM goods_movement GROUP BY number, year, delivery
UNION ALL BY NAME
-- only the day is known, and that of now
SELECT 'goods/' || id AS key, CASE kind WHEN 'return' THEN 'Receive Return' ELSE 'Post Goods Issue' END AS activity, goods_issue_at AS time, goods_issue_precision AS precision, 'Delivery' AS type, id,
       'LIKP' AS source_table, source_key, goods_issue_date AS business_date
FROM delivery WHERE goods_issue_date IS NOT NULL AND id NOT IN (SELECT delivery FROM goods_movement)
UNION ALL BY NAME
SELECT 'proof/' || id AS key, 'Proof of Delivery' AS activity, proof_at AS time, proof_precision AS precision, 'Delivery' AS type, id, 'LIKP' AS source_table, source_key FROM delivery WHERE proof_at IS NOT NULL
UNION ALL BY NAME
SELECT 'transport/' || id_of(tknum) || '/' || x.step AS key, x.activity, x.time, x.precision, 'Shipment' AS type, id_of(tknum) AS id, 'VTTK' AS source_table, tknum AS source_key
FROM VTTK, LATERAL (SELECT 'start' AS step, 'Start Transport' AS activity, time_of(datbg, uatbg) AS time, precision_of(uatbg) AS precision
                    UNION ALL SELECT 'end', 'End Transport', time_of(daten, uaten), precision_of(uaten)) x
WHERE x.time IS NOT NULL
UNION ALL BY NAME
-- billing: a cancellation happens to the bill that is taken back
SELECT 'invoice/' || b.id AS key, CASE b.kind WHEN 'cancellation' THEN 'Cancel Invoice' WHEN 'credit_memo' THEN 'Create Credit Memo' ELSE 'Create Invoice' END AS activity, b.created_at AS time, b.precision,
       b.creator AS "user", 'Invoice' AS type, coalesce(c.cancelled, b.id) AS id, 'VBRK' AS source_table, b.source_key, b.net_amount AS amount, b.currency, b.invoice_date AS business_date,
       CASE WHEN c.cancelled IS NOT NULL THEN 'invoice/' || c.cancelled END AS reverses
FROM billing_document b LEFT JOIN (SELECT document, min(cancelled) AS cancelled FROM cancellation GROUP BY ALL) c ON c.document = b.id
UNION ALL BY NAME
-- the cancelling document is not in the extract
SELECT 'cancelled/' || id AS key, 'Cancel Invoice' AS activity, coalesce(changed_at, created_at) AS time, CASE WHEN changed_at IS NULL THEN precision ELSE changed_precision END AS precision, 'Invoice' AS type, id,
       'VBRK' AS source_table, source_key, -net_amount AS amount, currency, 'invoice/' || id AS reverses
FROM billing_document WHERE is_cancelled AND kind <> 'cancellation' AND id NOT IN (SELECT cancelled FROM cancellation WHERE cancelled IS NOT NULL)
UNION ALL BY NAME
-- accounting has it: entered later if there was an error in between, else with the bill
SELECT 'post/' || b.id AS key, 'Post Invoice' AS activity, coalesce(l.entered_at, b.created_at) AS time, CASE WHEN l.entered_at IS NULL THEN b.precision ELSE l.precision END AS precision, coalesce(l."user", b.creator) AS "user",
       'Invoice' AS type, b.id, coalesce(l.source_table, 'VBRK') AS source_table, coalesce(l.source_key, b.source_key) AS source_key, coalesce(l.amount, b.gross_amount) AS amount, b.currency,
       coalesce(l.posting_date, b.invoice_date) AS business_date,
       CASE WHEN l.entered_at IS NULL THEN 'with the bill' END AS detail
FROM billing_document b
LEFT JOIN posted l ON l.invoice = b.id
WHERE l.invoice IS NOT NULL OR (b.accounting_document IS NOT NULL AND coalesce(b.status, 'C') = 'C')
UNION ALL BY NAME
SELECT 'output/' || id AS key, activity, time, precision, "user", type, document AS id, 'NAST' AS source_table, source_key, channel AS detail FROM output WHERE NOT has_failed
UNION ALL BY NAME
SELECT id || '/sent' AS key, 'Message Sent' AS activity, time, precision, "user", 'Message' AS type, id, 'NAST' AS source_table, source_key, channel AS detail FROM output WHERE is_message
UNION ALL BY NAME
SELECT id || '/failed' AS key, 'Message Failed' AS activity, time, precision, "user", 'Message' AS type, id, 'NAST' AS source_table, source_key, 1 AS sequence, channel AS detail FROM output WHERE is_message AND has_failed
UNION ALL BY NAME
SELECT key, activity, time, precision, "user", 'Message' AS type, 'idoc/' || idoc AS id, source_table, source_key, sequence, status AS detail FROM idoc_event
UNION ALL BY NAME
-- cash
SELECT 'dun/' || trim(laufd) || '/' || trim(laufi) || '/' || trim(bukrs) || '/' || id_of(belnr) || '/' || trim(gjahr) || '/' || id_of(buzei) AS key, 'Dun' AS activity, day_time(day_of(laufd)) AS time, 'day' AS precision, 'AREntry' AS type,
       trim(bukrs) || '/' || id_of(belnr) || '/' || trim(gjahr) || '/' || id_of(buzei) AS id, 'MHND' AS source_table, laufd || '/' || laufi || '/' || bukrs || '/' || belnr || '/' || gjahr || '/' || buzei AS source_key,
       coalesce(id_of(mahnn), id_of(mahns)) AS detail
FROM MHND
UNION ALL BY NAME
SELECT 'receipt/' || id AS key, 'Receive Payment' AS activity, received_at AS time, precision, "user", 'Receipt' AS type, id, source_table, source_key, amount, currency, posting_date AS business_date FROM receipt
UNION ALL BY NAME
SELECT 'apply/' || id AS key, 'Apply Cash' AS activity, entered_at AS time, precision, "user", 'Application' AS type, 'partial/' || id AS id, source_table, source_key, paid AS amount, currency, posting_date AS business_date FROM partial
UNION ALL BY NAME
SELECT 'clear/' || id AS key, 'Clear Receivable' AS activity, time, precision, "user", 'Application' AS type, 'clearing/' || id AS id, source_table, source_key, date AS business_date FROM clearing
UNION ALL BY NAME
SELECT 'reset/' || source_key AS key, 'Reset Receivable' AS activity, time, precision, "user", 'AREntry' AS type,
       trim(tabkey[4:7]) || '/' || id_of(tabkey[8:17]) || '/' || tabkey[18:21] || '/' || id_of(tabkey[22:24]) AS id, 'CDPOS' AS source_table, source_key, sequence, transaction, old_value
FROM change_row WHERE class = 'BELEG' AND tabname = 'BSEG' AND field = 'AUGBL' AND old_value IS NOT NULL AND new_value IS NULL
UNION ALL BY NAME
SELECT 'dispute/' || id || '/opened' AS key, 'Open Dispute' AS activity, opened_at AS time, 'exact' AS precision, opened_by AS "user", 'DisputeCase' AS type, id, 'SCMG_T_CASE_ATTR' AS source_table, source_key, original AS amount, currency FROM dispute
UNION ALL BY NAME
SELECT 'dispute/' || id || '/closed' AS key, 'Close Dispute' AS activity, closed_at AS time, 'exact' AS precision, closed_by AS "user", 'DisputeCase' AS type, id, 'SCMG_T_CASE_ATTR' AS source_table, source_key FROM dispute WHERE closed_at IS NOT NULL;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.precision, user_of(h."user") AS resource,
       -- who is not among the users is unknown, and no person
       CASE WHEN h.trigger_kind = 'follow-up' THEN 'scheduler' ELSE coalesce(a.kind, 'unknown') END AS actor_kind,
       coalesce(h.sequence, 0) AS sequence, h.source_table, h.source_key, h.transaction, h.trigger_kind, h.field, h.old_value, h.new_value,
       CAST(h.amount AS DECIMAL(18,4)) AS amount, h.currency, h.business_date, h.detail, h.reverses
FROM happened h LEFT JOIN actor a ON a.name = user_of(h."user")
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
WITH touched AS (
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, CAST(amount AS DECIMAL(18,4)) AS amount, currency FROM happened
UNION ALL BY NAME
SELECT 'invoice/' || document AS event_key, 'Invoice' AS type, document AS id, 'by' AS qualifier FROM cancellation
UNION ALL BY NAME
SELECT key AS event_key, 'SalesOrderItem' AS type, document || '/' || position AS id, 'of' AS qualifier FROM change WHERE type = 'ScheduleLine'
UNION ALL BY NAME
SELECT key AS event_key, 'Delivery' AS type, document AS id, 'of' AS qualifier FROM change WHERE type = 'DeliveryItem'
UNION ALL BY NAME
SELECT key AS event_key, CASE type WHEN 'ScheduleLine' THEN 'SalesOrderItem' ELSE type END AS type, CASE type WHEN 'ScheduleLine' THEN regexp_replace(id, '/[^/]*$', '') ELSE id END AS id, 'of' AS qualifier FROM stop_event
UNION ALL BY NAME
SELECT 'task/' || trim(lgnum) || '/' || id_of(tanum) || '/' || id_of(tapos) AS event_key, x.type, x.id, 'of' AS qualifier
FROM LTAP, LATERAL (SELECT 'Delivery' AS type, id_of(vbeln) AS id UNION ALL SELECT 'DeliveryItem', id_of(vbeln) || '/' || id_of(posnr)) x
WHERE flag(pquit) AND id_of(vbeln) IS NOT NULL
UNION ALL BY NAME
SELECT 'goods/' || number || '/' || coalesce(year, '') || '/' || delivery AS event_key, 'DeliveryItem' AS type, delivery || '/' || position AS id, 'on' AS qualifier, sum(quantity)::DECIMAL(18,6) AS quantity
FROM goods_movement WHERE position IS NOT NULL GROUP BY ALL
UNION ALL BY NAME
SELECT 'output/' || id AS event_key, 'Message' AS type, id, 'by' AS qualifier FROM output WHERE is_message AND NOT has_failed
UNION ALL BY NAME
SELECT e.key AS event_key, o.type, o.id, 'of' AS qualifier FROM idoc_event e JOIN idoc_object o ON o.idoc = e.idoc
UNION ALL BY NAME
SELECT 'apply/' || id AS event_key, 'AREntry' AS type, entry AS id, 'clears' AS qualifier, CAST(paid AS DECIMAL(18,4)) AS amount, currency FROM partial
UNION ALL BY NAME
SELECT 'apply/' || id AS event_key, 'Receipt' AS type, receipt AS id, 'applies' AS qualifier, CAST(cash AS DECIMAL(18,4)) AS amount, currency FROM partial
UNION ALL BY NAME
SELECT 'clear/' || clearing AS event_key, type, id, CASE type WHEN 'Receipt' THEN 'applies' ELSE 'on' END AS qualifier, CAST(amount AS DECIMAL(18,4)) AS amount, currency FROM cleared
)
SELECT t.* FROM touched t SEMI JOIN (FROM happened WHERE time IS NOT NULL) h ON h.key = t.event_key WHERE t.id IS NOT NULL;
