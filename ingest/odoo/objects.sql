-- What objects does this Odoo have, how are they related, and what changed?
-- Reads the views of mapping.sql.

-- Objects -------------------------------------------------------------------------

CREATE VIEW object_Customer AS
SELECT 'partner:' || p.id AS id, 'res_partner' AS source_table, p.id::VARCHAR AS source_key, p.ref AS number, p.name, c.code AS country,
       -- one a company since 18; elsewhere it is not in the table
       CASE WHEN p.credit_limit LIKE '{%' AND json_valid(p.credit_limit)
            THEN list_max(list_transform(json_extract_string(p.credit_limit, '$.*'), lambda x: TRY_CAST(x AS DECIMAL(18,4))))
            ELSE TRY_CAST(p.credit_limit AS DECIMAL(18,4)) END AS credit_limit,
       p.vat AS tax_number, p.global_location_number AS gln
FROM res_partner p LEFT JOIN res_country c ON c.id = p.country_id
WHERE p.id IN (SELECT c.customer FROM sale_order o JOIN customer c ON c.partner = o.partner_id UNION SELECT customer FROM customer_invoice
               UNION SELECT customer FROM receivable_line UNION SELECT customer FROM cash);

CREATE VIEW object_Material AS
SELECT 'product:' || p.id AS id, 'product_product' AS source_table, p.id::VARCHAR AS source_key, p.default_code AS number, n.name, g.complete_name AS material_group, u.name AS unit, p.barcode AS gtin
FROM product_product p
JOIN product_template t ON t.id = p.product_tmpl_id
LEFT JOIN translated n ON n.noun = 'product' AND n.id = t.id
LEFT JOIN product_category g ON g.id = t.categ_id
LEFT JOIN measure u ON u.unit = t.uom_id
WHERE p.id IN (SELECT product_id FROM order_line UNION SELECT product_id FROM goods);

CREATE VIEW object_SalesOrder AS
SELECT 'order:' || o.id AS id, 'sale_order' AS source_table, o.id::VARCHAR AS source_key, o.name AS number,
       CASE WHEN r.order_id IS NULL THEN 'order' ELSE 'return' END AS kind, o.state AS status,
       CASE WHEN o.website_id IS NOT NULL THEN 'shop' ELSE CASE a.kind WHEN 'interface' THEN 'api' WHEN 'bot' THEN 'api' WHEN 'customer' THEN 'portal' WHEN 'human' THEN 'desk' END END AS channel,
       o.client_order_ref AS customer_reference, t.days AS payment_terms_days,
       coalesce(o.require_payment AND coalesce(o.prepayment_percent, 1) >= 1, FALSE) AS prepaid, c.name AS organisation,
       coalesce(w.code, o.warehouse_id::VARCHAR) AS site, o.amount_untaxed AS net_value, k.code AS currency
FROM sale_order o
LEFT JOIN return_order r ON r.order_id = o.id
LEFT JOIN actor a ON a.uid = o.create_uid
LEFT JOIN terms t ON t.term = o.payment_term_id
LEFT JOIN company c ON c.company = o.company_id
LEFT JOIN stock_warehouse w ON w.id = o.warehouse_id
LEFT JOIN money k ON k.currency = o.currency_id;

-- The promise: the date given for the order, else the deadline that Odoo computed for its goods.
CREATE VIEW object_SalesOrderItem AS
SELECT 'order-line:' || l.id AS id, 'sale_order_line' AS source_table, l.id::VARCHAR AS source_key,
       row_number() OVER (PARTITION BY l.order_id ORDER BY l.sequence NULLS LAST, l.id) AS position,
       l.product_uom_qty AS quantity, l.unit, l.net_price, l.price_subtotal AS net_value, k.code AS currency,
       timezone(z.name, timezone('UTC', coalesce(o.commitment_date, m.deadline)))::DATE AS confirmed_date,
       CASE WHEN l.product_type = 'service' THEN FALSE END AS delivery_relevant
FROM order_line l
JOIN sale_order o ON o.id = l.order_id
CROSS JOIN zone z
LEFT JOIN (SELECT sale_line_id, max(date_deadline) AS deadline FROM goods WHERE sign = 1 AND state <> 'cancel' GROUP BY sale_line_id) m ON m.sale_line_id = l.id
LEFT JOIN money k ON k.currency = l.currency_id;

CREATE VIEW object_Delivery AS
SELECT 'picking:' || d.id AS id, 'stock_picking' AS source_table, d.id::VARCHAR AS source_key, d.name AS number,
       CASE d.sign WHEN 1 THEN 'outbound' ELSE 'return' END AS kind, d.state AS status, coalesce(w.code, d.warehouse_id::VARCHAR) AS site, c.name AS carrier,
       timezone(z.name, timezone('UTC', coalesce(f.planned, d.scheduled_date)))::DATE AS first_planned_date,
       timezone(z.name, timezone('UTC', d.scheduled_date))::DATE AS planned_date,
       CASE WHEN d.state = 'done' THEN timezone(z.name, timezone('UTC', d.date_done))::DATE END AS goods_issue_date
FROM delivery d
CROSS JOIN zone z
LEFT JOIN (SELECT res_id, arg_min(old_value, message)::TIMESTAMP AS planned FROM edited WHERE attribute = 'planned_date' GROUP BY res_id) f ON f.res_id = d.id
LEFT JOIN stock_warehouse w ON w.id = d.warehouse_id
LEFT JOIN translated c ON c.noun = 'carrier' AND c.id = d.carrier_id;

CREATE VIEW object_DeliveryItem AS
SELECT 'move:' || g.id AS id, 'stock_move' AS source_table, g.id::VARCHAR AS source_key, g.sign * coalesce(q.quantity, g.product_uom_qty) AS quantity,
       CASE WHEN g.sign = 1 THEN q.reserved END AS allocated_quantity, g.unit,
       round(l.net_price * (l.factor / g.factor), 6)::DECIMAL(18,6) AS net_price, k.code AS currency, g.state AS status
FROM goods g
LEFT JOIN done q ON q.move = g.id
LEFT JOIN order_line l ON l.id = g.sale_line_id
LEFT JOIN money k ON k.currency = l.currency_id;

CREATE VIEW object_WarehouseTask AS
SELECT DISTINCT 'move:' || m.id AS id, 'stock_move' AS source_table, m.id::VARCHAR AS source_key, m.product_uom_qty AS target_quantity, q.quantity AS actual_quantity,
       u.name AS unit, s.complete_name AS location
FROM warehouse_work w
JOIN stock_move m ON m.id = w.move
LEFT JOIN done q ON q.move = m.id
LEFT JOIN measure u ON u.unit = m.product_uom
LEFT JOIN stock_location s ON s.id = m.location_id;

CREATE VIEW object_Invoice AS
SELECT 'invoice:' || i.id AS id, 'account_move' AS source_table, i.id::VARCHAR AS source_key, i.number, i.kind, i.state AS status, i.invoice_date,
       date_diff('day', i.invoice_date, i.invoice_date_due) AS payment_terms_days, c.name AS organisation,
       i.sign * i.amount_untaxed AS net_amount, i.sign * i.amount_total AS gross_amount, i.currency
FROM customer_invoice i LEFT JOIN company c ON c.company = i.company_id;

CREATE VIEW object_InvoiceItem AS
SELECT 'invoice-line:' || id AS id, 'account_move_line' AS source_table, id::VARCHAR AS source_key,
       row_number() OVER (PARTITION BY move_id ORDER BY sequence NULLS LAST, id) AS position, signed_quantity AS quantity, unit,
       round(CASE WHEN quantity <> 0 THEN price_subtotal / quantity ELSE price_unit END, 6)::DECIMAL(18,6) AS net_price, net AS net_amount, currency
FROM invoice_line;

CREATE VIEW object_AREntry AS
SELECT 'entry:' || id AS id, 'account_move_line' AS source_table, id::VARCHAR AS source_key, kind, date AS posting_date, coalesce(date_maturity, date) AS due_date, amount, currency
FROM entry;

CREATE VIEW object_Receipt AS
SELECT receipt AS id, source_table, source_key, number, kind, date AS value_date, amount, currency, reference FROM cash;

CREATE VIEW object_Application AS
SELECT a.application AS id, 'account_partial_reconcile' AS source_table, a.partial::VARCHAR AS source_key, a.kind, min(a.max_date) AS date,
       min(coalesce(f.name, f.id::VARCHAR)) AS clearing
FROM applied a LEFT JOIN account_full_reconcile f ON f.id = a.full_reconcile_id GROUP BY a.application, a.partial, a.kind;

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'SalesOrder' AS source_type, 'order:' || o.id AS source_id, 'Customer' AS target_type, 'partner:' || c.customer AS target_id, 'sold to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM sale_order o JOIN customer c ON c.partner = o.partner_id
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'order-line:' || id AS source_id, 'SalesOrder' AS target_type, 'order:' || order_id AS target_id, 'item of' AS qualifier FROM order_line
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, 'order-line:' || l.id AS source_id, 'Material' AS target_type, 'product:' || p.id AS target_id, 'is of' AS qualifier
FROM order_line l JOIN product_product p ON p.id = l.product_id
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, 'move:' || id AS source_id, 'Delivery' AS target_type, 'picking:' || picking_id AS target_id, 'item of' AS qualifier FROM goods
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, 'move:' || g.id AS source_id, 'SalesOrderItem' AS target_type, 'order-line:' || l.id AS target_id, 'fulfils' AS qualifier,
       round(g.sign * coalesce(q.quantity, g.product_uom_qty) / g.factor * l.factor, 4)::DECIMAL(18,6) AS quantity
FROM goods g JOIN order_line l ON l.id = g.sale_line_id LEFT JOIN done q ON q.move = g.id
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, 'move:' || g.id AS source_id, 'DeliveryItem' AS target_type, 'move:' || o.id AS target_id, 'returns' AS qualifier,
       coalesce(q.quantity, g.product_uom_qty) AS quantity
FROM goods g JOIN goods o ON o.id = g.origin_returned_move_id AND o.sign = 1 LEFT JOIN done q ON q.move = g.id WHERE g.sign = -1
UNION ALL BY NAME
SELECT DISTINCT 'WarehouseTask' AS source_type, 'move:' || w.move AS source_id, 'DeliveryItem' AS target_type, 'move:' || w.goods AS target_id, 'picks' AS qualifier, q.quantity
FROM warehouse_work w LEFT JOIN done q ON q.move = w.move WHERE w.step = 'pick'
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-line:' || id AS source_id, 'Invoice' AS target_type, 'invoice:' || move_id AS target_id, 'item of' AS qualifier FROM invoice_line
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, 'invoice-line:' || invoice_line_id AS source_id, 'SalesOrderItem' AS target_type, 'order-line:' || order_line_id AS target_id,
       'bills' AS qualifier, quantity, amount, currency
FROM bill WHERE order_line_id IN (SELECT id FROM order_line)
UNION ALL BY NAME
-- a down payment bills the order, and none of its lines
SELECT 'Invoice' AS source_type, 'invoice:' || move_id AS source_id, 'SalesOrder' AS target_type, 'order:' || order_id AS target_id, 'bills' AS qualifier,
       sum(amount) AS amount, min(currency) AS currency
FROM bill WHERE is_downpayment GROUP BY move_id, order_id HAVING sum(amount) > 0
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || id AS source_id, 'Customer' AS target_type, 'partner:' || customer AS target_id, 'billed to' AS qualifier
FROM customer_invoice WHERE customer IS NOT NULL
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, 'invoice:' || i.id AS source_id, 'Invoice' AS target_type, 'invoice:' || o.id AS target_id,
       CASE i.kind WHEN 'cancellation' THEN 'cancels' ELSE 'corrects' END AS qualifier, CASE i.kind WHEN 'cancellation' THEN NULL ELSE i.sign * i.amount_untaxed END AS amount, i.currency
FROM customer_invoice i JOIN customer_invoice o ON o.id = i.reversed_entry_id WHERE i.state = 'posted'
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, 'entry:' || id AS source_id, 'Invoice' AS target_type, 'invoice:' || invoice AS target_id, 'receivable of' AS qualifier, amount, currency
FROM entry WHERE invoice IS NOT NULL
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, 'entry:' || id AS source_id, 'Customer' AS target_type, 'partner:' || customer AS target_id, 'owed by' AS qualifier FROM entry WHERE customer IS NOT NULL
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, receipt AS source_id, 'Customer' AS target_type, 'partner:' || customer AS target_id, 'paid by' AS qualifier FROM cash WHERE customer IS NOT NULL
UNION ALL BY NAME
SELECT 'Application' AS source_type, application AS source_id, CASE WHEN entry IS NULL THEN 'Receipt' ELSE 'AREntry' END AS target_type,
       coalesce('entry:' || entry, receipt) AS target_id, CASE WHEN entry IS NULL THEN 'applies' ELSE 'clears' END AS qualifier, amount, currency
FROM applied;

-- Values before and after, and the states of deliveries and invoices over time.
CREATE VIEW object_change AS
SELECT 'SalesOrder' AS type, 'order:' || res_id AS id, attribute, time, old_value, new_value, key AS event_key FROM edited WHERE model = 'sale.order' AND attribute NOT IN ('confirmed_date')
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS type, 'order-line:' || l.id AS id, e.attribute, e.time,
       timezone(z.name, timezone('UTC', e.old_value::TIMESTAMP))::DATE::VARCHAR AS old_value, timezone(z.name, timezone('UTC', e.new_value::TIMESTAMP))::DATE::VARCHAR AS new_value, e.key AS event_key
FROM edited e JOIN order_line l ON l.order_id = e.res_id CROSS JOIN zone z WHERE e.attribute = 'confirmed_date'
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS type, 'order-line:' || line AS id, attribute, time, old_value, new_value, key AS event_key FROM audited
UNION ALL BY NAME
SELECT CASE model WHEN 'stock.picking' THEN 'Delivery' ELSE 'Invoice' END AS type, CASE model WHEN 'stock.picking' THEN 'picking:' ELSE 'invoice:' END || res_id AS id, attribute, time,
       CASE WHEN attribute = 'planned_date' THEN timezone(z.name, timezone('UTC', old_value::TIMESTAMP))::DATE::VARCHAR ELSE old_value END AS old_value,
       CASE WHEN attribute = 'planned_date' THEN timezone(z.name, timezone('UTC', new_value::TIMESTAMP))::DATE::VARCHAR ELSE new_value END AS new_value, key AS event_key
FROM edited CROSS JOIN zone z WHERE model <> 'sale.order' AND attribute IS NOT NULL AND (attribute <> 'planned_date' OR timezone(z.name, timezone('UTC', old_value::TIMESTAMP))::DATE IS DISTINCT FROM timezone(z.name, timezone('UTC', new_value::TIMESTAMP))::DATE)
UNION ALL BY NAME
SELECT DISTINCT 'Delivery' AS type, 'picking:' || delivery AS id, 'status' AS attribute, time, old_value, new_value, CASE WHEN activity IS NOT NULL THEN 'tv-' || id END AS event_key
FROM moved WHERE res_id = delivery
UNION ALL BY NAME
SELECT 'Invoice' AS type, 'invoice:' || p.res_id AS id, CASE p.field WHEN 'state' THEN 'status' ELSE p.field END AS attribute, p.time, p.old_value, p.new_value,
       CASE WHEN p.activity IS NOT NULL THEN 'tv-' || p.id END AS event_key
FROM passed p JOIN customer_invoice i ON i.id = p.res_id WHERE p.model = 'account.move';
