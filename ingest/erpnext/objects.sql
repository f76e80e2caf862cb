-- What objects does this ERPNext have, how are they related, and what changed?
-- Reads the views of mapping.sql.

-- Objects -------------------------------------------------------------------------

CREATE VIEW terms AS SELECT parent AS term, max(credit_days) AS days FROM "tabPayment Terms Template Detail" GROUP BY parent;

CREATE VIEW object_Customer AS
SELECT 'customer:' || c.name AS id, 'tabCustomer' AS source_table, c.name AS source_key, c.name AS number, c.customer_name AS name, c.customer_group,
       t.days AS payment_terms_days, l.credit_limit, c.default_currency AS currency, c.tax_id AS tax_number
FROM "tabCustomer" c
LEFT JOIN terms t ON t.term = c.payment_terms
LEFT JOIN (SELECT parent, max(credit_limit) AS credit_limit FROM "tabCustomer Credit Limit" GROUP BY parent) l ON l.parent = c.name;

CREATE VIEW object_Material AS
SELECT 'item:' || i.name AS id, 'tabItem' AS source_table, i.name AS source_key, i.name AS number, i.item_name AS name, i.item_group AS material_group, i.stock_uom AS unit, b.barcode AS gtin
FROM "tabItem" i
-- that of the unit it is kept in, before those of boxes of it
LEFT JOIN (SELECT b.parent, arg_min(b.barcode, b.idx) AS barcode FROM "tabItem Barcode" b JOIN "tabItem" i ON i.name = b.parent
           WHERE coalesce(b.uom, i.stock_uom) = i.stock_uom AND (b.barcode_type IS NULL OR regexp_matches(b.barcode_type, 'EAN|UPC|GTIN|GS1', 'i')) GROUP BY ALL) b ON b.parent = i.name
WHERE i.name IN (SELECT item_code FROM "tabSales Order Item" UNION SELECT item_code FROM goods);

CREATE VIEW object_SalesOrder AS
SELECT 'order:' || o.name AS id, 'tabSales Order' AS source_table, o.name AS source_key, o.name AS number, CASE o.order_type WHEN 'Maintenance' THEN 'service' ELSE 'order' END AS kind, o.status,
       CASE WHEN o.order_type = 'Shopping Cart' THEN 'shop' ELSE CASE a.kind WHEN 'interface' THEN 'api' WHEN 'bot' THEN 'api' WHEN 'customer' THEN 'portal' WHEN 'human' THEN 'desk' END END AS channel,
       o.po_no AS customer_reference, o.delivery_date AS requested_date, t.days AS payment_terms_days, o.company AS organisation, o.set_warehouse AS site, o.net_total AS net_value, o.currency
FROM "tabSales Order" o
LEFT JOIN actor a ON a.uid = o.owner
LEFT JOIN terms t ON t.term = o.payment_terms_template;

CREATE VIEW object_SalesOrderItem AS
SELECT 'order-item:' || l.name AS id, 'tabSales Order Item' AS source_table, l.name AS source_key, l.idx AS position, l.qty AS quantity, l.uom AS unit, l.net_rate AS net_price,
       l.net_amount AS net_value, o.currency, l.delivery_date AS requested_date,
       CASE WHEN o.status = 'Closed' AND coalesce(l.delivered_qty, 0) < l.qty THEN 'closed' END AS rejection_reason,
       CASE WHEN o.status = 'Closed' AND coalesce(l.delivered_qty, 0) < l.qty THEN 'internal' END AS rejected_by,
       CASE WHEN i.is_stock_item = 0 THEN FALSE END AS delivery_relevant
FROM "tabSales Order Item" l JOIN "tabSales Order" o ON o.name = l.parent LEFT JOIN "tabItem" i ON i.name = l.item_code;

CREATE VIEW object_Allocation AS
SELECT 'reservation:' || name AS id, 'tabStock Reservation Entry' AS source_table, name AS source_key, reserved_qty AS quantity, stock_uom AS unit, warehouse AS location,
       CASE docstatus WHEN 2 THEN 'cancelled' ELSE status END AS status
FROM "tabStock Reservation Entry" WHERE voucher_type = 'Sales Order';

CREATE VIEW object_Delivery AS
SELECT s.delivery AS id, 'tab' || s.doctype AS source_table, s.doc AS source_key, s.doc AS number, CASE WHEN s.is_return THEN 'return' ELSE 'outbound' END AS kind, s.status,
       s.set_warehouse AS site, s.transporter_name AS carrier, CASE WHEN l.docstatus = 1 THEN s.posting_date END AS goods_issue_date
FROM shipment s JOIN document l ON l.doctype = s.doctype AND l.doc = s.doc;

CREATE VIEW object_DeliveryItem AS
SELECT g.item AS id, g.source_table, g.name AS source_key, g.idx AS position, g.qty AS quantity, p.picked_qty / g.factor AS picked_quantity, g.uom AS unit, g.net_rate AS net_price,
       coalesce(o.currency, i.currency) AS currency, g.batch_no AS batch
FROM goods g
LEFT JOIN "tabPick List Item" p ON p.name = g.pick_list_item
LEFT JOIN "tabSales Order Item" l ON l.name = g.so_detail
LEFT JOIN "tabSales Order" o ON o.name = l.parent
LEFT JOIN "tabSales Invoice" i ON g.doctype = 'Sales Invoice' AND 'invoice-delivery:' || i.name = g.delivery;

CREATE VIEW object_WarehouseTask AS
SELECT 'pick:' || l.name AS id, 'tabPick List Item' AS source_table, l.name AS source_key, l.qty AS target_quantity,
       round(l.picked_qty / coalesce(nullif(l.conversion_factor, 0), 1), 6)::DECIMAL(18,6) AS actual_quantity, l.uom AS unit, l.warehouse AS location
FROM "tabPick List Item" l JOIN "tabPick List" p ON p.name = l.parent;

CREATE VIEW object_Invoice AS
SELECT 'invoice:' || i.name AS id, 'tabSales Invoice' AS source_table, i.name AS source_key, i.name AS number, CASE WHEN i.is_return = 1 THEN 'credit_memo' ELSE 'invoice' END AS kind, i.status,
       i.posting_date AS invoice_date, date_diff('day', i.posting_date, i.due_date) AS payment_terms_days, CASE WHEN i.is_return = 1 AND i.update_stock = 1 THEN 'return' END AS reason,
       i.company AS organisation, i.net_total AS net_amount, i.grand_total AS gross_amount, i.currency
FROM "tabSales Invoice" i;

CREATE VIEW object_InvoiceItem AS
SELECT 'invoice-item:' || l.name AS id, 'tabSales Invoice Item' AS source_table, l.name AS source_key, l.idx AS position, l.qty AS quantity, l.uom AS unit, l.net_rate AS net_price, l.net_amount, i.currency
FROM "tabSales Invoice Item" l JOIN "tabSales Invoice" i ON i.name = l.parent;

CREATE VIEW object_AREntry AS
SELECT entry AS id, 'tabPayment Ledger Entry' AS source_table, ledger_row AS source_key, kind, posting_date, coalesce(due_date, posting_date) AS due_date, amount, currency FROM entry;

CREATE VIEW object_Receipt AS
SELECT receipt AS id, source_table, source_key, voucher_no AS number, kind, date AS value_date, amount, currency, reference FROM cash
UNION ALL
SELECT receipt, 'tabBank Transaction', name, name, 'bank', date, amount, currency, reference_number FROM unexplained;

CREATE VIEW object_Application AS
SELECT application AS id, 'tabPayment Ledger Entry' AS source_table, name AS source_key, kind, min(posting_date) AS date FROM applied GROUP BY application, name, kind;

CREATE VIEW object_Block AS
SELECT 'hold:' || o.name AS id, 'tabSales Order' AS source_table, o.name AS source_key, 'delivery' AS kind, 'On Hold' AS reason, FALSE AS at_creation
FROM "tabSales Order" o WHERE o.status = 'On Hold' OR o.name IN (SELECT doc FROM passed WHERE doctype = 'Sales Order' AND status = 'On Hold');

CREATE VIEW object_Amendment AS
SELECT 'amendment:' || name AS id, 'tabSales Order' AS source_table, name AS source_key, amended_from || ' → ' || name AS description, status FROM "tabSales Order" WHERE amended_from IS NOT NULL;

-- Relations -----------------------------------------------------------------------

CREATE VIEW known_customer AS SELECT name FROM "tabCustomer";

CREATE VIEW object_object AS
SELECT 'SalesOrder' AS source_type, 'order:' || name AS source_id, 'Customer' AS target_type, 'customer:' || customer AS target_id, 'sold to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM "tabSales Order" WHERE customer IN (FROM known_customer)
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'order-item:' || l.name AS source_id, 'SalesOrder' AS target_type, 'order:' || l.parent AS target_id, 'item of' AS qualifier
FROM "tabSales Order Item" l JOIN "tabSales Order" o ON o.name = l.parent
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'order-item:' || l.name AS source_id, 'Material' AS target_type, 'item:' || l.item_code AS target_id, 'is of' AS qualifier
FROM "tabSales Order Item" l JOIN "tabSales Order" o ON o.name = l.parent JOIN "tabItem" i ON i.name = l.item_code
UNION ALL BY NAME
SELECT 'Allocation' AS source_type, 'reservation:' || r.name AS source_id, 'SalesOrderItem' AS target_type, 'order-item:' || l.name AS target_id, 'reserves for' AS qualifier,
       round(r.reserved_qty / coalesce(nullif(l.conversion_factor, 0), 1), 6)::DECIMAL(18,6) AS quantity
FROM "tabStock Reservation Entry" r JOIN "tabSales Order Item" l ON l.name = r.voucher_detail_no WHERE r.voucher_type = 'Sales Order'
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, item AS source_id, 'Delivery' AS target_type, delivery AS target_id, 'item of' AS qualifier FROM goods
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, g.item AS source_id, 'SalesOrderItem' AS target_type, 'order-item:' || l.name AS target_id, 'fulfils' AS qualifier,
       round(g.qty * g.factor / coalesce(nullif(l.conversion_factor, 0), 1), 6)::DECIMAL(18,6) AS quantity
FROM goods g JOIN "tabSales Order Item" l ON l.name = g.so_detail JOIN "tabSales Order" o ON o.name = l.parent
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, g.item AS source_id, 'DeliveryItem' AS target_type, r.item AS target_id, 'returns' AS qualifier, -g.qty AS quantity
FROM goods g JOIN goods r ON r.source_table = 'tabDelivery Note Item' AND r.name = g.returned WHERE g.is_return
UNION ALL BY NAME
SELECT 'WarehouseTask' AS source_type, 'pick:' || p.name AS source_id, 'DeliveryItem' AS target_type, g.item AS target_id, 'picks' AS qualifier
FROM goods g JOIN "tabPick List Item" p ON p.name = g.pick_list_item JOIN "tabPick List" l ON l.name = p.parent
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-item:' || l.name AS source_id, 'Invoice' AS target_type, 'invoice:' || l.parent AS target_id, 'item of' AS qualifier
FROM "tabSales Invoice Item" l JOIN "tabSales Invoice" i ON i.name = l.parent
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-item:' || l.name AS source_id, 'SalesOrderItem' AS target_type, 'order-item:' || s.name AS target_id, 'bills' AS qualifier,
       round(l.qty * coalesce(nullif(l.conversion_factor, 0), 1) / coalesce(nullif(s.conversion_factor, 0), 1), 6)::DECIMAL(18,6) AS quantity, l.net_amount AS amount, i.currency
FROM "tabSales Invoice Item" l JOIN "tabSales Invoice" i ON i.name = l.parent JOIN "tabSales Order Item" s ON s.name = l.so_detail JOIN "tabSales Order" o ON o.name = s.parent
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-item:' || l.name AS source_id, 'DeliveryItem' AS target_type, g.item AS target_id, 'bills' AS qualifier,
       round(l.qty * coalesce(nullif(l.conversion_factor, 0), 1) / g.factor, 6)::DECIMAL(18,6) AS quantity, l.net_amount AS amount, i.currency
FROM "tabSales Invoice Item" l JOIN "tabSales Invoice" i ON i.name = l.parent
JOIN goods g ON g.item = coalesce('delivery-item:' || l.dn_detail, 'invoice-delivery-item:' || l.name)
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || name AS source_id, 'Customer' AS target_type, 'customer:' || customer AS target_id, 'billed to' AS qualifier FROM "tabSales Invoice" WHERE customer IN (FROM known_customer)
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || r.name AS source_id, 'Invoice' AS target_type, 'invoice:' || i.name AS target_id, 'corrects' AS qualifier, r.net_total AS amount, r.currency
FROM "tabSales Invoice" r JOIN "tabSales Invoice" i ON i.name = r.return_against WHERE r.is_return = 1 AND r.docstatus = 1
UNION ALL BY NAME
-- an invoice that was cancelled and amended is billed again by the new one
SELECT 'Invoice' AS source_type, 'invoice:' || r.name AS source_id, 'Invoice' AS target_type, 'invoice:' || i.name AS target_id, 'rebills' AS qualifier
FROM "tabSales Invoice" r JOIN "tabSales Invoice" i ON i.name = r.amended_from
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, e.entry AS source_id, 'Invoice' AS target_type, 'invoice:' || i.name AS target_id, 'receivable of' AS qualifier, e.amount, e.currency
FROM entry e JOIN "tabSales Invoice" i ON e.voucher_type = 'Sales Invoice' AND i.name = e.voucher_no
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, entry AS source_id, 'Customer' AS target_type, 'customer:' || party AS target_id, 'owed by' AS qualifier FROM entry WHERE party IN (FROM known_customer)
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, receipt AS source_id, 'Customer' AS target_type, 'customer:' || party AS target_id, 'paid by' AS qualifier
FROM (SELECT receipt, party FROM cash UNION ALL SELECT receipt, party FROM unexplained) WHERE party IN (FROM known_customer)
UNION ALL BY NAME
SELECT 'Application' AS source_type, application AS source_id, CASE WHEN entry IS NULL THEN 'Receipt' ELSE 'AREntry' END AS target_type,
       coalesce(entry, receipt) AS target_id, CASE WHEN entry IS NULL THEN 'applies' ELSE 'clears' END AS qualifier, amount, currency FROM applied
UNION ALL BY NAME
SELECT 'Block' AS source_type, id AS source_id, 'SalesOrder' AS target_type, 'order:' || source_key AS target_id, 'blocks' AS qualifier FROM object_Block
UNION ALL BY NAME
SELECT 'Amendment' AS source_type, 'amendment:' || o.name AS source_id, 'SalesOrder' AS target_type, x.id AS target_id, 'amends' AS qualifier
FROM "tabSales Order" o
CROSS JOIN LATERAL (SELECT 'order:' || o.name AS id UNION ALL SELECT 'order:' || o.amended_from WHERE o.amended_from IN (SELECT name FROM "tabSales Order")) x
WHERE o.amended_from IS NOT NULL;

-- Values before and after, and the states of deliveries and invoices over time.
CREATE VIEW object_change AS
SELECT CASE WHEN e.doctype = 'Sales Order' AND e.row_name IS NOT NULL THEN 'SalesOrderItem' WHEN e.row_name IS NOT NULL THEN 'DeliveryItem' ELSE n.type END AS type,
       CASE WHEN e.doctype = 'Sales Order' AND e.row_name IS NOT NULL THEN 'order-item:' || e.row_name WHEN e.row_name IS NOT NULL THEN 'delivery-item:' || e.row_name ELSE n.prefix || e.doc END AS id,
       e.attribute, timezone(s.zone, e.time) AS time, e.old_value, e.new_value, e.key AS event_key
FROM edited e JOIN noun n ON n.doctype = e.doctype CROSS JOIN site s
WHERE e.attribute IS NOT NULL AND e.old_value IS DISTINCT FROM e.new_value AND (e.doctype <> 'Delivery Note' OR e.row_name IS NULL OR e.row_name IN (SELECT name FROM "tabDelivery Note Item"))
UNION ALL BY NAME
SELECT n.type, n.prefix || l.doc AS id, 'status' AS attribute, timezone(s.zone, t.time) AS time, t.old_value, t.new_value, t.event_key
FROM life l JOIN noun n ON n.doctype = l.doctype AND n.doctype <> 'Sales Order' CROSS JOIN site s
CROSS JOIN LATERAL (SELECT l.submitted_at AS time, 'draft' AS old_value, 'submitted' AS new_value, CASE l.doctype WHEN 'Sales Invoice' THEN 's-Sales Invoice-' || l.doc ELSE 'gi-delivery:' || l.doc END AS event_key
                    UNION ALL SELECT l.cancelled_at, 'submitted', 'cancelled', 'x-' || l.doctype || '-' || l.doc) t
WHERE t.time IS NOT NULL;
