-- What did customers do in the shop, in the words of the order-to-cash model?
--
-- What it relies on:
-- * The order is the ERP's: order_no where an interface wrote it back, else the one with the shop's number (or po_number)
--   as the customer's reference. What never arrived there is no event: link lists it.
-- * A payment is an event of the order, and no receipt: the money is on our books when the bank or the ERP says so.
-- * A customer asks to cancel or to send back; what comes of it is the ERP's to say.

CREATE VIEW reference AS
SELECT 'shop_order' AS source_type, shop_order_no AS source_id, 'on' AS qualifier, 'SalesOrder' AS target_type,
       coalesce(order_no, po_number, shop_order_no) AS key, CASE WHEN order_no IS NOT NULL THEN 'number' ELSE 'customer_reference' END AS attribute,
       gross_value AS amount, currency, customer_no AS customer
FROM shop_order;

CREATE VIEW link AS FROM resolve('reference');

CREATE VIEW ordered AS SELECT source_id AS shop_order_no, target_id AS order_id FROM link WHERE target_id IS NOT NULL;

CREATE VIEW happened AS
SELECT 'order/' || shop_order_no AS key, 'Receive PO' AS activity, placed_at AS time, 'customer' AS user_kind, shop_order_no, 'shop_order' AS source_table, shop_order_no AS source_key, cart_created_at FROM shop_order
UNION ALL BY NAME
SELECT 'cancel/' || shop_order_no AS key, 'Request Cancellation' AS activity, cancelled_at AS time, coalesce(cancelled_by_kind, 'unknown') AS user_kind, shop_order_no, 'shop_order' AS source_table, shop_order_no AS source_key FROM shop_order
UNION ALL BY NAME
SELECT 'payment/' || payment_no AS key, CASE lower(kind) WHEN 'authorised' THEN 'Authorise Payment' WHEN 'captured' THEN 'Receive Payment' WHEN 'refunded' THEN 'Refund Payment' END AS activity,
       coalesce(event_time, midnight(event_day)) AS time, CASE WHEN event_time IS NULL THEN 'day' END AS precision, "user" AS user_name,
       coalesce(user_kind, CASE WHEN "user" IS NULL THEN 'interface' END) AS user_kind, shop_order_no, 'shop_payment' AS source_table, payment_no AS source_key, amount, currency, method
FROM shop_payment
UNION ALL BY NAME
SELECT 'return/' || return_no AS key, 'Request Return' AS activity, requested_at AS time, 'customer' AS user_kind, shop_order_no, 'shop_return' AS source_table, return_no AS source_key, reason FROM shop_return;

CREATE VIEW done AS
SELECT h.*, o.order_id FROM happened h JOIN ordered o USING (shop_order_no) WHERE h.time IS NOT NULL AND h.activity IS NOT NULL;

CREATE VIEW event AS
SELECT d.key, d.activity, d.time, coalesce(d.precision, 'exact') AS precision, coalesce(a.user_name, d.user_name) AS resource, coalesce(lower(d.user_kind), a.kind, 'unknown') AS actor_kind,
       d.source_table, d.source_key, d.cart_created_at, d.method, d.reason
FROM done d LEFT JOIN actor a ON a.user_key = user_key(d.user_name);

CREATE VIEW event_object AS
SELECT key AS event_key, 'SalesOrder' AS type, order_id AS id, 'on' AS qualifier, amount, CASE WHEN amount IS NOT NULL THEN currency END AS currency FROM done;

-- What the ERP does not say of its order: a source that came first is believed.
CREATE VIEW object_SalesOrder AS
SELECT o.order_id AS id, 'shop' AS channel, bool_or(s.prepaid) AS prepaid FROM ordered o JOIN shop_order s USING (shop_order_no) GROUP BY o.order_id;
