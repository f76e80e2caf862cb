-- What was billed of each order and delivery line, at which price, beside the price that was agreed?
-- One row a relation of an invoice line: target_type says whether it is to an order line or to a delivery line. What a credit memo takes
-- back is a row with a negative quantity; a credit without goods has quantity 0. price is of one unit: as the
-- invoice writes it, else the amount by the quantity, where that differs from the agreed price by more than the rounding of the amount.
-- agreed_price is the order line's now. A draft has no posted_at; is_cancelled: taken back by a cancellation.
CREATE OR REPLACE VIEW o2c.billings AS
SELECT i.invoice_line_id, i.invoice_id, i.kind, v.reason, l.target_type, l.target_id,
       CASE WHEN l.target_type = 'SalesOrderItem' THEN l.target_id ELSE i.order_line_id END AS order_line_id,
       CASE WHEN l.target_type = 'DeliveryItem' THEN l.target_id ELSE i.delivery_line_id END AS delivery_line_id,
       i.delivery_lines, q.quantity, i.unit, q.amount, coalesce(i.currency, o.currency) AS currency,
       coalesce(i.net_price, CASE WHEN abs(q.amount - q.quantity * o.net_price) <= 0.01 THEN o.net_price ELSE TRY_CAST(q.amount / nullif(q.quantity, 0) AS DECIMAL(18,6)) END) AS price,
       o.net_price AS agreed_price,
       i.created_at, i.posted_at, v.invoice_date, v.cancelled_at, i.is_cancelled,
       i.line_object, i.invoice_object, l.target_object
FROM o2c.invoice_lines i
JOIN o2c.links l ON l.source_object = i.line_object AND l.source_type = 'InvoiceItem' AND l.qualifier = 'bills'
LEFT JOIN o2c.invoices v ON v.invoice_object = i.invoice_object
LEFT JOIN o2c.order_lines o ON o.order_line_id = CASE WHEN l.target_type = 'SalesOrderItem' THEN l.target_id ELSE i.order_line_id END
CROSS JOIN LATERAL (SELECT coalesce(l.quantity, i.quantity) AS quantity, coalesce(l.amount, i.net_amount) AS amount) q
WHERE i.kind <> 'cancellation';
