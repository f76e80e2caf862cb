-- How did orders come in, in the words of the order-to-cash model?
--
-- What it relies on:
-- * Mail is stamped with the day at times: midnight is no time of day.
-- * erp_order_no is written back by an interface, in whatever case. Where it is missing, the order is the
--   one with the customer's order number.

CREATE MACRO document(number) AS CASE WHEN length(ltrim(number, '0')) < 10 THEN lpad(ltrim(number, '0'), 10, '0') ELSE ltrim(number, '0') END;

CREATE VIEW actor AS
SELECT o.id AS user_name, u.kind FROM main.object o JOIN objects."User" u USING (object);

-- Orders by customer and the customer's own number, where that is of one order only.
CREATE VIEW purchase AS
SELECT c.id AS customer_no, s.customer_reference AS po_number, min(o.id) AS order_no
FROM main.object o JOIN objects."SalesOrder" s USING (object)
JOIN main.object_object r ON r.source_object = o.object AND r.qualifier = 'sold to'
JOIN main.object c ON c.object = r.target_object
WHERE s.customer_reference IS NOT NULL AND coalesce(s.kind, 'order') <> 'return'
GROUP BY ALL HAVING count(*) = 1;

CREATE VIEW asked AS
SELECT 'shop_order' AS source_table, shop_order_id AS source_key, customer_no, po_number, erp_order_no, placed_at AS received_at, NULL AS taken_by, 'customer' AS user_kind FROM shop_order
UNION ALL BY NAME
SELECT 'crm_quote' AS source_table, quote_no AS source_key, customer_no, po_number, erp_order_no, accepted_at AS received_at, sent_at AS quoted_at, owner AS taken_by FROM crm_quote
UNION ALL BY NAME
SELECT 'desk_call' AS source_table, call_no AS source_key, customer_no, po_number, erp_order_no, received_at, taken_by FROM desk_call;

CREATE VIEW ordered AS
SELECT a.*, CASE WHEN regexp_matches(a.erp_order_no, '[0-9]') THEN document(regexp_extract(a.erp_order_no, '[0-9]+')) ELSE p.order_no END AS order_no
FROM asked a LEFT JOIN purchase p ON p.customer_no = document(a.customer_no) AND p.po_number = a.po_number;

CREATE VIEW happened AS
SELECT 'po/' || source_table || '/' || source_key AS key, 'Receive PO' AS activity, received_at AS time, taken_by AS user_name, coalesce(user_kind, 'unknown') AS user_kind,
       order_no, source_table, source_key FROM ordered
UNION ALL BY NAME
SELECT 'quote/' || source_key AS key, 'Quote Sales Order' AS activity, quoted_at AS time, taken_by AS user_name, 'unknown' AS user_kind, order_no, source_table, source_key FROM ordered;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.user_name AS resource,
       CASE WHEN h.source_table = 'desk_call' AND h.time = date_trunc('day', h.time) THEN 'day' ELSE 'exact' END AS precision,
       coalesce(a.kind, h.user_kind) AS actor_kind, h.source_table, h.source_key
FROM happened h LEFT JOIN actor a USING (user_name)
WHERE h.time IS NOT NULL AND h.order_no IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, 'SalesOrder' AS type, order_no AS id, 'on' AS qualifier FROM happened WHERE time IS NOT NULL AND order_no IS NOT NULL;
