-- What went wrong with the papers or the goods of each order line, and since when?
-- One row a fault and order line: an invoice of it that was cancelled, a credit memo for it, a dispute about it. detail is the
-- credit's reason or the dispute's class. A dispute about an invoice or its entry is one about all of the invoice's lines. A return by itself is no
-- fault of the goods; a credit for their quality is.
CREATE OR REPLACE VIEW o2c.line_faults AS
WITH
disputed AS (
	SELECT d.source_object AS dispute, coalesce(i.target_object, d.target_object) AS object, coalesce(i.target_type, d.target_type) AS type
	FROM o2c.links d
	LEFT JOIN o2c.links i ON i.source_object = d.target_object AND i.source_type = 'AREntry' AND i.qualifier = 'receivable of'
	WHERE d.source_type = 'DisputeCase' AND d.qualifier = 'disputes'
),
about AS (
	SELECT d.dispute, b.target_object AS line FROM disputed d
	JOIN o2c.billings b ON b.invoice_object = d.object AND d.type = 'Invoice' AND b.target_type = 'SalesOrderItem' AND b.kind = 'invoice'
	UNION SELECT d.dispute, b.target_object FROM disputed d
	JOIN o2c.billings b ON b.line_object = d.object AND d.type = 'InvoiceItem' AND b.target_type = 'SalesOrderItem'
	UNION SELECT dispute, object FROM disputed WHERE type = 'SalesOrderItem'
	UNION SELECT d.dispute, l.line_object FROM disputed d JOIN o2c.order_lines l ON l.order_object = d.object AND d.type = 'SalesOrder'
	UNION SELECT d.dispute, g.order_line_object FROM disputed d JOIN o2c.goods_issues g ON d.type = 'DeliveryItem' AND g.line_object = d.object
	UNION SELECT d.dispute, g.order_line_object FROM disputed d JOIN o2c.goods_issues g ON d.type = 'Delivery' AND g.delivery_object = d.object
),
fault AS (
	SELECT target_object AS line, 'cancelled invoice' AS kind, NULL AS detail, cancelled_at AS since, invoice_id AS document_id
	FROM o2c.billings WHERE target_type = 'SalesOrderItem' AND kind = 'invoice' AND is_cancelled
	UNION ALL
	SELECT target_object, 'credit', coalesce(reason, 'other'), coalesce(posted_at, created_at), invoice_id
	FROM o2c.billings WHERE target_type = 'SalesOrderItem' AND kind = 'credit_memo' AND NOT is_cancelled
	UNION ALL
	SELECT a.line, 'dispute', d.reason_class, d.opened_at, d.dispute_id FROM about a JOIN o2c.disputes d ON d.dispute_object = a.dispute
)
SELECT l.order_line_id, l.order_id, f.kind, f.detail, min(f.since) AS since, f.document_id, l.line_object
FROM fault f JOIN o2c.order_lines l ON l.line_object = f.line
GROUP BY ALL;
