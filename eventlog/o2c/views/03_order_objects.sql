-- Which objects belong to which sales order, and to which of its lines?
-- line_object is NULL where an object belongs to the order as a whole. An
-- object that serves several orders (a collective invoice, one payment for
-- many) has a row for each: sum nothing over this view.
CREATE OR REPLACE VIEW o2c.order_objects AS
WITH
own AS (
	SELECT object AS order_object, NULL::BIGINT AS line_object, object FROM main.object WHERE type = 'SalesOrder'
	UNION ALL
	SELECT target_object, source_object, source_object FROM o2c.links
	WHERE source_type = 'SalesOrderItem' AND qualifier = 'item of' AND target_type = 'SalesOrder'
),
delivery_item AS (
	SELECT DISTINCT order_object, line_object, source_object AS object FROM own
	JOIN o2c.links ON target_object = object AND source_type = 'DeliveryItem' AND qualifier = 'fulfils'
),
delivery AS (
	SELECT order_object, line_object, target_object AS object FROM delivery_item
	JOIN o2c.links ON source_object = object AND qualifier = 'item of' AND target_type = 'Delivery'
	UNION
	SELECT order_object, line_object, source_object FROM own
	JOIN o2c.links ON target_object = object AND source_type = 'Delivery' AND qualifier = 'fulfils'
),
invoice_item AS (
	SELECT DISTINCT order_object, line_object, source_object AS object
	FROM (FROM own UNION ALL FROM delivery_item)
	JOIN o2c.links ON target_object = object AND source_type = 'InvoiceItem' AND qualifier = 'bills'
),
billing AS (
	SELECT order_object, line_object, target_object AS object FROM invoice_item
	JOIN o2c.links ON source_object = object AND qualifier = 'item of' AND target_type = 'Invoice'
	UNION
	SELECT order_object, line_object, source_object FROM own
	JOIN o2c.links ON target_object = object AND source_type = 'Invoice' AND qualifier = 'bills'
),
invoice AS (
	FROM billing
	UNION
	SELECT order_object, line_object, source_object FROM billing
	JOIN o2c.links ON target_object = object AND source_type = 'Invoice' AND qualifier IN ('cancels', 'corrects')
),
entry AS (
	SELECT DISTINCT order_object, line_object, source_object AS object FROM invoice
	JOIN o2c.links ON target_object = object AND source_type = 'AREntry' AND qualifier = 'receivable of'
),
application AS (
	SELECT DISTINCT order_object, line_object, source_object AS object FROM entry
	JOIN o2c.links ON target_object = object AND source_type = 'Application' AND qualifier = 'clears'
),
receipt AS (
	SELECT order_object, line_object, target_object AS object FROM application
	JOIN o2c.links ON source_object = object AND qualifier = 'applies' AND target_type = 'Receipt'
	UNION
	SELECT order_object, line_object, source_object FROM invoice
	JOIN o2c.links ON target_object = object AND source_type = 'Receipt' AND qualifier = 'pays'
),
flow AS (
	FROM own UNION ALL FROM delivery_item UNION ALL FROM delivery UNION ALL FROM invoice_item
	UNION ALL FROM invoice UNION ALL FROM entry UNION ALL FROM application UNION ALL FROM receipt
),
beside AS (
	SELECT order_object, line_object, source_object AS object FROM flow
	JOIN o2c.links ON target_object = object
	WHERE (source_type, qualifier) IN (
		('ScheduleLine', 'promise for'), ('Allocation', 'reserves for'), ('WarehouseTask', 'picks'),
		('Block', 'blocks'), ('Message', 'concerns'), ('Amendment', 'amends'),
		('CreditCase', 'concerns'), ('DisputeCase', 'disputes'))
	UNION
	SELECT order_object, line_object, target_object FROM delivery
	JOIN o2c.links ON source_object = object AND qualifier = 'shipped with'
)
SELECT DISTINCT f.order_object, f.line_object, f.object, o.type AS object_type, o.id AS object_id
FROM (FROM flow UNION ALL FROM beside) f
JOIN main.object o ON o.object = f.object;
