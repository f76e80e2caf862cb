-- What happened in the ERP, in the words of the order-to-cash model?
--
-- What it relies on:
-- * Document numbers have ten digits here: the other systems' are brought to this form.
-- * Times are the server's, recorded when a document was saved; business dates are attributes.
--   A time of exactly midnight is a day without a time of day.
-- * Reversals are documents of their own: they point to what they take back.

-- Who acts, and of what kind? A user that is not listed is unknown, and never taken for a machine.
CREATE VIEW actor AS
SELECT user_name, CASE kind WHEN 'D' THEN 'human' WHEN 'B' THEN 'scheduler' WHEN 'C' THEN 'interface'
                            WHEN 'R' THEN 'bot' WHEN 'P' THEN 'customer' ELSE 'unknown' END AS kind
FROM app_user;

CREATE VIEW item AS
SELECT i.*, i.order_no || '/' || i.item_no AS id, o.order_type, o.currency, o.created_at AS order_created_at, o.created_by,
       o.requested_date AS order_requested_date, CASE WHEN o.order_type = 'RE' THEN -1 ELSE 1 END AS sign
FROM sales_order_item i JOIN sales_order o USING (order_no);

CREATE VIEW shipped AS
SELECT i.*, i.delivery_no || '/' || i.item_no AS id, d.kind, CASE WHEN d.kind = 'RET' THEN -1 ELSE 1 END AS sign
FROM delivery_item i JOIN delivery d USING (delivery_no);

CREATE VIEW billed AS
SELECT i.*, i.invoice_no || '/' || i.item_no AS id, v.kind, v.currency, v.cancels_invoice_no,
       CASE WHEN v.kind = 'CAN' THEN -1 ELSE 1 END AS sign
FROM invoice_item i JOIN invoice v USING (invoice_no);

-- What changed, with values: the day and the time of day stand apart.
CREATE VIEW change AS
SELECT c.change_no || '/' || c.position AS id, c.user_name, c.field, c.old_value, c.new_value, c.object_no, c.item_no, c.position,
       CASE WHEN nullif(trim(c.change_time), '') IS NULL THEN c.change_date::TIMESTAMP
            WHEN c.change_time LIKE '%:%' THEN c.change_date + c.change_time::TIME
            ELSE c.change_date + strptime(c.change_time, '%H%M%S')::TIME END AS time,
       CASE WHEN c.field = 'rejection' THEN CASE WHEN nullif(c.new_value, '') IS NULL THEN 'Restore Item' ELSE 'Reject Item' END
            ELSE w.activity END AS activity,
       w.attribute,
       CASE WHEN w.object_type = 'SalesOrder' AND c.item_no IS NOT NULL THEN 'SalesOrderItem' ELSE w.object_type END AS type,
       CASE WHEN w.object_type = 'SalesOrder' AND c.item_no IS NOT NULL THEN c.object_no || '/' || c.item_no ELSE c.object_no END AS object
FROM change_log c
JOIN (VALUES
	('price', 'SalesOrder', 'Change Price', 'net_price'),
	('quantity', 'SalesOrder', 'Change Quantity', 'quantity'),
	('material', 'SalesOrder', 'Change Material', 'material'),
	('requested_date', 'SalesOrder', 'Change Requested Date', 'requested_date'),
	('confirmed_date', 'SalesOrder', 'Change Confirmed Date', 'confirmed_date'),
	('terms', 'SalesOrder', 'Change Terms', 'payment_terms_days'),
	('partner', 'SalesOrder', 'Change Partner', 'customer'),
	('rejection', 'SalesOrder', NULL, 'rejection_reason'),
	('delivery_date', 'Delivery', 'Change Delivery', 'planned_date'),
	('invoice_date', 'Invoice', 'Change Invoice', 'invoice_date')
) AS w(field, object_type, activity, attribute) ON w.field = c.field;

-- Events ------------------------------------------------------------------------

-- What happened to which document, and by whom?
CREATE VIEW happened AS
SELECT 'order/' || order_no AS key, CASE order_type WHEN 'RE' THEN 'Create Return Order' ELSE 'Create Sales Order' END AS activity,
       created_at AS time, created_by AS user_name, 'SalesOrder' AS type, order_no AS id, 'sales_order' AS source_table, order_no AS source_key,
       CASE order_type WHEN 'RE' THEN -abs(net_value) ELSE net_value END AS amount, currency
FROM sales_order
UNION ALL BY NAME
SELECT 'confirm/' || order_no AS key, 'Confirm Sales Order' AS activity, confirmed_at AS time, confirmed_by AS user_name,
       'SalesOrder' AS type, order_no AS id, 'sales_order' AS source_table, order_no AS source_key
FROM sales_order
UNION ALL BY NAME
SELECT 'release/' || order_no AS key, 'Release Sales Order' AS activity, released_at AS time, released_by AS user_name,
       'SalesOrder' AS type, order_no AS id, 'sales_order' AS source_table, order_no AS source_key
FROM sales_order
UNION ALL BY NAME
SELECT 'cancel/' || order_no AS key, 'Cancel Sales Order' AS activity, cancelled_at AS time, cancelled_by AS user_name,
       'SalesOrder' AS type, order_no AS id, 'sales_order' AS source_table, order_no AS source_key
FROM sales_order
UNION ALL BY NAME
-- items that came later than their order; the others came with it
SELECT 'item/' || id AS key, 'Create Sales Order Item' AS activity, created_at AS time, created_by AS user_name,
       'SalesOrderItem' AS type, id, 'sales_order_item' AS source_table, id AS source_key, net_value AS amount, currency
FROM item WHERE created_at > order_created_at
UNION ALL BY NAME
SELECT 'block/' || block_no AS key, 'Set ' || upper(kind[1]) || lower(kind[2:]) || ' Block' AS activity, set_at AS time, set_by AS user_name,
       'Block' AS type, block_no AS id, 'order_block' AS source_table, block_no AS source_key
FROM order_block
UNION ALL BY NAME
SELECT 'unblock/' || block_no AS key, 'Release ' || upper(kind[1]) || lower(kind[2:]) || ' Block' AS activity, released_at AS time, released_by AS user_name,
       'Block' AS type, block_no AS id, 'order_block' AS source_table, block_no AS source_key
FROM order_block
UNION ALL BY NAME
SELECT 'change/' || id AS key, activity, time, user_name, type, object AS id, 'change_log' AS source_table, id AS source_key,
       field, old_value, new_value, position AS sequence
FROM change
UNION ALL BY NAME
SELECT 'delivery/' || delivery_no AS key, CASE kind WHEN 'RET' THEN 'Create Return Delivery' ELSE 'Create Delivery' END AS activity,
       created_at AS time, created_by AS user_name, 'Delivery' AS type, delivery_no AS id, 'delivery' AS source_table, delivery_no AS source_key,
       first_planned_date AS business_date
FROM delivery
UNION ALL BY NAME
SELECT 'cancel-delivery/' || delivery_no AS key, 'Cancel Delivery' AS activity, cancelled_at AS time, cancelled_by AS user_name,
       'Delivery' AS type, delivery_no AS id, 'delivery' AS source_table, delivery_no AS source_key
FROM delivery
UNION ALL BY NAME
-- one posting a document, whatever number of lines
SELECT 'movement/' || movement_no AS key,
       CASE any_value(movement_type) WHEN '601' THEN 'Post Goods Issue' WHEN '602' THEN 'Reverse Goods Issue' WHEN '651' THEN 'Receive Return' END AS activity,
       min(created_at) AS time, min(created_by) AS user_name, 'Delivery' AS type, min(delivery_no) AS id,
       'goods_movement' AS source_table, movement_no || '/' || min(line_no) AS source_key, min(posting_date) AS business_date
FROM goods_movement GROUP BY movement_no
UNION ALL BY NAME
SELECT 'invoice/' || invoice_no AS key, CASE kind WHEN 'CAN' THEN 'Cancel Invoice' ELSE 'Create Invoice' END AS activity,
       created_at AS time, created_by AS user_name, 'Invoice' AS type, CASE kind WHEN 'CAN' THEN cancels_invoice_no ELSE invoice_no END AS id,
       'invoice' AS source_table, invoice_no AS source_key, net_amount AS amount, currency, invoice_date AS business_date
FROM invoice
UNION ALL BY NAME
-- who cancels does not post: that follows by itself
SELECT 'post/' || invoice_no AS key, 'Post Invoice' AS activity, posted_at AS time, posted_by AS user_name, CASE kind WHEN 'CAN' THEN 'scheduler' END AS user_kind,
       'Invoice' AS type, invoice_no AS id,
       'invoice' AS source_table, invoice_no AS source_key, gross_amount AS amount, currency, invoice_date AS business_date
FROM invoice
UNION ALL BY NAME
SELECT 'output/' || output_no AS key,
       CASE object_kind WHEN 'ORDER' THEN 'Send Order Confirmation' WHEN 'DELIVERY' THEN 'Send Delivery Note' WHEN 'INVOICE' THEN 'Send Invoice' END AS activity,
       processed_at AS time, created_at AS start, created_by AS user_name,
       CASE object_kind WHEN 'ORDER' THEN 'SalesOrder' WHEN 'DELIVERY' THEN 'Delivery' ELSE 'Invoice' END AS type, object_no AS id,
       'output' AS source_table, output_no AS source_key
FROM output WHERE status = 'OK';

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.start,
       CASE WHEN h.time = date_trunc('day', h.time) THEN 'day' ELSE 'exact' END AS precision,
       h.user_name AS resource, coalesce(h.user_kind, a.kind, 'unknown') AS actor_kind, h.sequence, h.source_table, h.source_key,
       h.field, h.old_value, h.new_value, h.amount, h.currency, h.business_date
FROM happened h LEFT JOIN actor a USING (user_name)
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity, amount, currency FROM happened WHERE time IS NOT NULL AND id IS NOT NULL
UNION ALL
SELECT 'movement/' || m.movement_no, 'DeliveryItem', m.delivery_no || '/' || m.delivery_item_no, 'moves', sum(m.quantity), NULL, NULL
FROM goods_movement m WHERE m.delivery_item_no IS NOT NULL GROUP BY ALL
UNION ALL
SELECT 'delivery/' || delivery_no, 'DeliveryItem', id, 'creates', quantity, NULL, NULL FROM shipped
UNION ALL
SELECT 'invoice/' || invoice_no, 'InvoiceItem', id, 'creates', quantity, net_amount, currency FROM billed
UNION ALL
SELECT 'invoice/' || invoice_no, 'Invoice', invoice_no, 'by', NULL, net_amount, currency FROM invoice WHERE kind = 'CAN'
UNION ALL
SELECT 'block/' || block_no, CASE WHEN item_no IS NULL THEN 'SalesOrder' ELSE 'SalesOrderItem' END, concat_ws('/', order_no, item_no), 'blocks', NULL, NULL, NULL
FROM order_block WHERE set_at IS NOT NULL
UNION ALL
SELECT 'unblock/' || block_no, CASE WHEN item_no IS NULL THEN 'SalesOrder' ELSE 'SalesOrderItem' END, concat_ws('/', order_no, item_no), 'blocks', NULL, NULL, NULL
FROM order_block WHERE released_at IS NOT NULL;

-- Objects -----------------------------------------------------------------------

CREATE VIEW object_Customer AS
SELECT customer_no AS id, 'customer' AS source_table, customer_no AS source_key, customer_no AS number, name, country, customer_group,
       payment_terms_days, credit_limit, currency
FROM customer;

CREATE VIEW object_Material AS
SELECT material_no AS id, 'material' AS source_table, material_no AS source_key, material_no AS number, name, material_group, unit FROM material;

CREATE VIEW object_User AS
SELECT user_name AS id, 'app_user' AS source_table, user_name AS source_key, kind FROM actor;

CREATE VIEW object_SalesOrder AS
SELECT order_no AS id, 'sales_order' AS source_table, order_no AS source_key, order_no AS number,
       CASE order_type WHEN 'RE' THEN 'return' WHEN 'FD' THEN 'free_of_charge' ELSE 'order' END AS kind,
       lower(channel) AS channel, po_number AS customer_reference, requested_date, payment_terms_days, organisation, site,
       CASE order_type WHEN 'RE' THEN -abs(net_value) ELSE net_value END AS net_value, currency
FROM sales_order;

CREATE VIEW object_SalesOrderItem AS
SELECT i.id, 'sales_order_item' AS source_table, i.id AS source_key, i.item_no AS position, i.sign * abs(i.quantity) AS quantity, i.unit, i.net_price,
       i.sign * abs(i.net_value) AS net_value, i.currency, nullif(i.requested_date, i.order_requested_date) AS requested_date,
       s.first_confirmed_date, s.confirmed_date, s.confirmed_quantity,
       i.rejection_reason, CASE WHEN i.rejection_reason IS NOT NULL THEN CASE i.rejected_by_customer WHEN 'Y' THEN 'customer' ELSE 'internal' END END AS rejected_by,
       CASE WHEN i.order_type = 'FD' THEN FALSE END AS billing_relevant
FROM item i
LEFT JOIN (SELECT order_no, item_no, max(first_confirmed_date) AS first_confirmed_date, max(confirmed_date) AS confirmed_date,
                  sum(confirmed_quantity) FILTER (confirmed_date <= requested_date) AS confirmed_quantity
           FROM schedule_line GROUP BY ALL) s USING (order_no, item_no);

CREATE VIEW object_ScheduleLine AS
SELECT concat_ws('/', s.order_no, s.item_no, s.line_no) AS id, 'schedule_line' AS source_table, concat_ws('/', s.order_no, s.item_no, s.line_no) AS source_key,
       s.requested_date, s.confirmed_date, s.requested_quantity AS quantity, s.confirmed_quantity, i.unit
FROM schedule_line s LEFT JOIN sales_order_item i USING (order_no, item_no);

CREATE VIEW object_Block AS
SELECT block_no AS id, 'order_block' AS source_table, block_no AS source_key, lower(kind) AS kind, reason, at_creation = 'Y' AS at_creation FROM order_block;

CREATE VIEW object_Delivery AS
SELECT d.delivery_no AS id, 'delivery' AS source_table, d.delivery_no AS source_key, d.delivery_no AS number,
       CASE d.kind WHEN 'RET' THEN 'return' ELSE 'outbound' END AS kind,
       d.site, d.carrier, d.first_planned_date, d.planned_date, m.posting_date AS goods_issue_date
FROM delivery d
LEFT JOIN (SELECT delivery_no, arg_max(posting_date, (created_at, movement_no)) AS posting_date
           FROM goods_movement WHERE movement_type IN ('601', '651')
             AND movement_no NOT IN (SELECT reverses_movement_no FROM goods_movement WHERE reverses_movement_no IS NOT NULL)
           GROUP BY ALL) m USING (delivery_no);

CREATE VIEW object_DeliveryItem AS
SELECT id, 'delivery_item' AS source_table, id AS source_key, item_no AS position, sign * abs(quantity) AS quantity, unit, batch FROM shipped;

CREATE VIEW object_Invoice AS
SELECT invoice_no AS id, 'invoice' AS source_table, invoice_no AS source_key, invoice_no AS number,
       CASE kind WHEN 'CAN' THEN 'cancellation' ELSE 'invoice' END AS kind, invoice_date, payment_terms_days, organisation,
       net_amount, gross_amount, currency
FROM invoice;

CREATE VIEW object_InvoiceItem AS
SELECT id, 'invoice_item' AS source_table, id AS source_key, item_no AS position, sign * abs(quantity) AS quantity, unit, net_price,
       sign * abs(net_amount) AS net_amount, currency
FROM billed;

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'SalesOrder' AS source_type, order_no AS source_id, 'Customer' AS target_type, customer_no AS target_id, 'sold to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM sales_order
UNION ALL BY NAME
SELECT 'SalesOrder' AS source_type, order_no AS source_id, 'SalesOrder' AS target_type, reference_order_no AS target_id, 'returns' AS qualifier
FROM sales_order WHERE order_type = 'RE' AND reference_order_no IS NOT NULL
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'SalesOrder' AS target_type, order_no AS target_id, 'item of' AS qualifier FROM item
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'Material' AS target_type, material_no AS target_id, 'is of' AS qualifier FROM item WHERE material_no IS NOT NULL
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, reference_order_no || '/' || reference_item_no AS target_id,
       'returns' AS qualifier, abs(quantity) AS quantity
FROM item WHERE order_type = 'RE' AND reference_item_no IS NOT NULL AND reference_order_no IS NOT NULL
UNION ALL BY NAME
SELECT 'ScheduleLine' AS source_type, concat_ws('/', order_no, item_no, line_no) AS source_id, 'SalesOrderItem' AS target_type,
       order_no || '/' || item_no AS target_id, 'promise for' AS qualifier, confirmed_quantity AS quantity FROM schedule_line
UNION ALL BY NAME
SELECT 'Block' AS source_type, block_no AS source_id, CASE WHEN item_no IS NULL THEN 'SalesOrder' ELSE 'SalesOrderItem' END AS target_type,
       concat_ws('/', order_no, item_no) AS target_id, 'blocks' AS qualifier FROM order_block
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, id AS source_id, 'Delivery' AS target_type, delivery_no AS target_id, 'item of' AS qualifier FROM shipped
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, order_no || '/' || order_item_no AS target_id,
       'fulfils' AS qualifier, sign * abs(quantity) AS quantity
FROM shipped WHERE order_no IS NOT NULL AND order_item_no IS NOT NULL
UNION ALL BY NAME
-- what a return brings back: the delivery line with that batch of the order line it returns, where that is one only
SELECT 'DeliveryItem' AS source_type, s.id AS source_id, 'DeliveryItem' AS target_type, min(o.id) AS target_id, 'returns' AS qualifier, -abs(s.quantity) AS quantity
FROM shipped s
JOIN sales_order_item r ON r.order_no = s.order_no AND r.item_no = s.order_item_no AND r.reference_item_no IS NOT NULL
JOIN shipped o ON o.order_no = r.reference_order_no AND o.order_item_no = r.reference_item_no AND o.kind <> 'RET' AND o.batch = s.batch
WHERE s.kind = 'RET' GROUP BY s.id, s.quantity HAVING count(DISTINCT o.id) = 1
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'Invoice' AS target_type, invoice_no AS target_id, 'item of' AS qualifier FROM billed
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, order_no || '/' || order_item_no AS target_id,
       'bills' AS qualifier, sign * abs(quantity) AS quantity, sign * abs(net_amount) AS amount, currency
FROM billed WHERE order_no IS NOT NULL AND order_item_no IS NOT NULL
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'DeliveryItem' AS target_type, delivery_no || '/' || delivery_item_no AS target_id,
       'bills' AS qualifier, sign * abs(quantity) AS quantity, sign * abs(net_amount) AS amount, currency
FROM billed WHERE delivery_no IS NOT NULL AND delivery_item_no IS NOT NULL
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'InvoiceItem' AS target_type, cancels_invoice_no || '/' || item_no AS target_id,
       'cancels' AS qualifier, -abs(net_amount) AS amount, currency
FROM billed WHERE kind = 'CAN' AND cancels_invoice_no IS NOT NULL
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, invoice_no AS source_id, 'Customer' AS target_type, customer_no AS target_id, 'billed to' AS qualifier FROM invoice
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, invoice_no AS source_id, 'Invoice' AS target_type, cancels_invoice_no AS target_id, 'cancels' AS qualifier
FROM invoice WHERE kind = 'CAN' AND cancels_invoice_no IS NOT NULL
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, invoice_no AS source_id, 'Invoice' AS target_type, reference_invoice_no AS target_id, 'rebills' AS qualifier
FROM invoice WHERE kind = 'REB' AND reference_invoice_no IS NOT NULL;

CREATE VIEW object_change AS
SELECT type, object AS id, attribute, time, old_value, new_value, 'change/' || id AS event_key FROM change;
