-- When did orders pass their milestones, by a list of orders?
--
-- What it relies on:
-- * A row is an order as a whole. It has one line without a quantity, which is shipped, delivered and billed as a whole: what was short or late of it
--   the list does not say.
-- * On a day of which one milestone is known without a time, the order's others are too: else what follows would come before what it follows.
-- * What it says of invoices and payments are days of the order. There is no ledger in it, so no receivables are made, and an amount is the order's alone.

CREATE MACRO own(key) AS source_name() || ':' || key;

CREATE VIEW milestone AS
WITH
said AS (
	SELECT id, 'received' AS name, 'Receive PO' AS activity, received AS time FROM order_row
	UNION ALL SELECT id, 'created', CASE WHEN value < 0 THEN 'Create Return Order' ELSE 'Create Sales Order' END, created FROM order_row
	UNION ALL SELECT id, 'confirmed', 'Confirm Sales Order', confirmed FROM order_row
	UNION ALL SELECT id, 'released', 'Release Sales Order', released FROM order_row
	UNION ALL SELECT id, 'cancelled', 'Cancel Sales Order', cancelled FROM order_row
	UNION ALL SELECT id, 'shipped', 'Post Goods Issue', shipped FROM order_row
	UNION ALL SELECT id, 'delivered', 'Proof of Delivery', delivered FROM order_row
	UNION ALL SELECT id, 'invoiced', 'Post Invoice', invoiced FROM order_row
	UNION ALL SELECT id, 'paid', 'Sales Order Paid', paid FROM order_row
)
SELECT id, name, activity, bool_or(said_day) OVER same_day AS is_day, CASE WHEN is_day THEN day::TIMESTAMP AT TIME ZONE source_zone() ELSE time END AS time
FROM (SELECT s.*, (s.time AT TIME ZONE source_zone())::DATE AS day, list_contains(string_split(coalesce(o.days, ''), ','), s.name) AS said_day
      FROM said s JOIN order_row o USING (id) WHERE s.time IS NOT NULL)
WINDOW same_day AS (PARTITION BY id, day);

CREATE VIEW happened AS
SELECT name || '/' || id AS key, activity, time, is_day, id,
       CASE WHEN name IN ('shipped', 'delivered') THEN 'Delivery' WHEN name = 'invoiced' THEN 'Invoice' ELSE 'SalesOrder' END AS type
FROM milestone
UNION ALL
SELECT 'bill/' || id, 'Create Invoice', time, is_day, id, 'Invoice' FROM milestone WHERE name = 'invoiced';

CREATE VIEW event AS
SELECT key, activity, time, CASE WHEN is_day THEN 'day' ELSE 'exact' END AS precision, 'unknown' AS actor_kind, 'order_row' AS source_table, id AS source_key FROM happened;

CREATE VIEW event_object AS
SELECT key AS event_key, type, own(id) AS id, 'on' AS qualifier FROM happened;

CREATE VIEW shipped AS SELECT * FROM order_row WHERE coalesce(shipped, delivered) IS NOT NULL;
CREATE VIEW billed AS SELECT * FROM order_row WHERE coalesce(invoiced, paid) IS NOT NULL;

CREATE VIEW object_Customer AS
SELECT own(customer) AS id, 'order_row' AS source_table, min(id) AS source_key, customer AS number, min(customer_name) AS name
FROM order_row WHERE customer IS NOT NULL GROUP BY customer;

CREATE VIEW object_SalesOrder AS
SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key, id AS number, CASE WHEN value < 0 THEN 'return' ELSE 'order' END AS kind, status, lower(channel) AS channel,
       reference AS customer_reference, requested AS requested_date, organisation, site, value AS net_value, currency
FROM order_row;

CREATE VIEW object_SalesOrderItem AS
SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key, value AS net_value, currency, promised AS first_confirmed_date, promised AS confirmed_date FROM order_row;

CREATE VIEW object_Delivery AS
SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key, CASE WHEN value < 0 THEN 'return' ELSE 'outbound' END AS kind, site FROM shipped;

CREATE VIEW object_DeliveryItem AS SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key FROM shipped;

CREATE VIEW object_Invoice AS SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key, 'invoice' AS kind, organisation FROM billed;

CREATE VIEW object_InvoiceItem AS SELECT own(id) AS id, 'order_row' AS source_table, id AS source_key FROM billed;

CREATE VIEW object_object AS
SELECT 'SalesOrderItem' AS source_type, own(id) AS source_id, 'SalesOrder' AS target_type, own(id) AS target_id, 'item of' AS qualifier FROM order_row
UNION ALL
SELECT 'SalesOrder', own(id), 'Customer', own(customer), 'sold to' FROM order_row WHERE customer IS NOT NULL
UNION ALL
SELECT 'DeliveryItem', own(id), 'Delivery', own(id), 'item of' FROM shipped
UNION ALL
SELECT 'DeliveryItem', own(id), 'SalesOrderItem', own(id), 'fulfils' FROM shipped
UNION ALL
SELECT 'InvoiceItem', own(id), 'Invoice', own(id), 'item of' FROM billed
UNION ALL
SELECT 'InvoiceItem', own(id), 'SalesOrderItem', own(id), 'bills' FROM billed;
