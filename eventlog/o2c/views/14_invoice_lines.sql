-- What did each line of a bill charge, and for which order and delivery line?
-- One row an invoice line. A line that bills several order or delivery lines
-- says how many and names none; the shares are in o2c.links ("bills").
CREATE OR REPLACE VIEW o2c.invoice_lines AS
WITH
billed AS (
	SELECT source_object AS line,
	       count(*) FILTER (target_type = 'SalesOrderItem') AS order_lines,
	       min(target_object) FILTER (target_type = 'SalesOrderItem') AS order_line,
	       min(target_id) FILTER (target_type = 'SalesOrderItem') AS order_line_id,
	       count(*) FILTER (target_type = 'DeliveryItem') AS delivery_lines,
	       min(target_id) FILTER (target_type = 'DeliveryItem') AS delivery_line_id
	FROM o2c.links WHERE source_type = 'InvoiceItem' AND qualifier = 'bills' GROUP BY ALL
)
SELECT o.id AS invoice_line_id, i.invoice_id, l.position, i.kind,
       CASE WHEN b.order_lines = 1 THEN b.order_line_id END AS order_line_id,
       CASE WHEN b.order_lines = 1 THEN so.target_id END AS order_id,
       CASE WHEN b.delivery_lines = 1 THEN b.delivery_line_id END AS delivery_line_id,
       coalesce(b.order_lines, 0) AS order_lines, coalesce(b.delivery_lines, 0) AS delivery_lines,
       l.quantity, l.unit, l.net_price::DECIMAL(38,6) AS net_price, l.net_amount, l.currency,
       i.created_at, i.posted_at, i.is_cancelled, l.object AS line_object, i.invoice_object
FROM objects."InvoiceItem" l
JOIN main.object o ON o.object = l.object
LEFT JOIN billed b ON b.line = l.object
LEFT JOIN o2c.links so ON so.source_object = b.order_line AND so.qualifier = 'item of' AND so.target_type = 'SalesOrder'
LEFT JOIN o2c.links io ON io.source_object = l.object AND io.qualifier = 'item of' AND io.target_type = 'Invoice'
LEFT JOIN o2c.invoices i ON i.invoice_object = io.target_object;
