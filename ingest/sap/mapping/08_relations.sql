-- What belongs to what?

CREATE VIEW object_object AS
SELECT 'SalesOrder' AS source_type, id AS source_id, 'Customer' AS target_type, customer AS target_id, 'sold to' AS qualifier,
       NULL::DECIMAL(18,6) AS quantity, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency FROM sales_document WHERE is_order AND customer IS NOT NULL
UNION ALL BY NAME
SELECT 'SalesOrder' AS source_type, r.id AS source_id, 'SalesOrder' AS target_type, o.id AS target_id, 'returns' AS qualifier
FROM sales_document r JOIN sales_document o ON o.id = r.reference AND o.is_order WHERE r.category = 'H'
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'SalesOrder' AS target_type, document AS target_id, 'item of' AS qualifier FROM sales_item
UNION ALL BY NAME
SELECT 'SalesOrderItem' AS source_type, id AS source_id, 'Material' AS target_type, material AS target_id, 'is of' AS qualifier FROM sales_item WHERE material IS NOT NULL
UNION ALL BY NAME
-- a return refers to the order, or to the bill for it
SELECT 'SalesOrderItem' AS source_type, r.id AS source_id, 'SalesOrderItem' AS target_type, o.id AS target_id, 'returns' AS qualifier, CAST(r.quantity AS DECIMAL(18,6)) AS quantity
FROM sales_item r
LEFT JOIN billing_item b ON b.document = r.reference AND b.position = r.reference_position
JOIN sales_item o ON o.id = coalesce(b.order_item, r.reference || '/' || r.reference_position) WHERE r.sign < 0
UNION ALL BY NAME
SELECT 'ScheduleLine' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, item AS target_id, 'promise for' AS qualifier, CAST(confirmed_quantity AS DECIMAL(18,6)) AS quantity FROM schedule_line
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, id AS source_id, 'Delivery' AS target_type, delivery AS target_id, 'item of' AS qualifier FROM delivery_item
UNION ALL BY NAME
SELECT 'DeliveryItem' AS source_type, id AS source_id, 'SalesOrderItem' AS target_type, order_item AS target_id, 'fulfils' AS qualifier, CAST(quantity AS DECIMAL(18,6)) AS quantity FROM delivery_item WHERE order_item IS NOT NULL
UNION ALL BY NAME
SELECT 'Delivery' AS source_type, id_of(vbeln) AS source_id, 'Shipment' AS target_type, id_of(tknum) AS target_id, 'shipped with' AS qualifier FROM VTTP WHERE id_of(vbeln) IS NOT NULL
UNION ALL BY NAME
SELECT 'WarehouseTask' AS source_type, trim(lgnum) || '/' || id_of(tanum) || '/' || id_of(tapos) AS source_id, 'DeliveryItem' AS target_type, id_of(vbeln) || '/' || id_of(posnr) AS target_id, 'picks' AS qualifier,
       CASE WHEN flag(pquit) THEN CAST(number_of(nistm) AS DECIMAL(18,6)) END AS quantity
FROM LTAP WHERE id_of(vbeln) IS NOT NULL
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'Invoice' AS target_type, document AS target_id, 'item of' AS qualifier FROM billing_item
UNION ALL BY NAME
SELECT 'InvoiceItem' AS source_type, id AS source_id, 'DeliveryItem' AS target_type, delivery_item AS target_id, 'bills' AS qualifier, CAST(quantity AS DECIMAL(18,6)) AS quantity, CAST(net_amount AS DECIMAL(18,4)) AS amount, currency
FROM billing_item WHERE delivery_item IS NOT NULL
UNION ALL BY NAME
-- of an order: credit and debit memo requests are none
SELECT 'InvoiceItem' AS source_type, b.id AS source_id, 'SalesOrderItem' AS target_type, b.order_item AS target_id, 'bills' AS qualifier, CAST(b.quantity AS DECIMAL(18,6)) AS quantity, CAST(b.net_amount AS DECIMAL(18,4)) AS amount, b.currency
FROM billing_item b JOIN sales_item i ON i.id = b.order_item
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, id AS source_id, 'Customer' AS target_type, customer AS target_id, 'billed to' AS qualifier FROM billing_document WHERE customer IS NOT NULL
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, document AS source_id, 'Invoice' AS target_type, cancelled AS target_id, 'cancels' AS qualifier FROM cancellation
UNION ALL BY NAME
SELECT 'Invoice' AS source_type, document AS source_id, 'Invoice' AS target_type, invoice AS target_id, 'corrects' AS qualifier, CAST(sum(amount) AS DECIMAL(18,4)) AS amount, min(currency) AS currency
FROM correction GROUP BY document, invoice
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, id AS source_id, 'Invoice' AS target_type, coalesce(invoice, referred_invoice) AS target_id, 'receivable of' AS qualifier, CAST(amount AS DECIMAL(18,4)) AS amount, currency
FROM posting WHERE kind <> 'receipt' AND (invoice IS NOT NULL OR (kind = 'residual' AND referred_invoice IS NOT NULL))
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, id AS source_id, 'Customer' AS target_type, customer AS target_id, 'owed by' AS qualifier FROM posting WHERE kind <> 'receipt'
UNION ALL BY NAME
SELECT 'AREntry' AS source_type, p.id AS source_id, 'AREntry' AS target_type, p.refers_to AS target_id, 'residual of' AS qualifier, CAST(p.amount AS DECIMAL(18,4)) AS amount, p.currency
FROM posting p JOIN posting o ON o.id = p.refers_to AND o.kind <> 'receipt' WHERE p.kind = 'residual'
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'clearing/' || clearing AS source_id, type AS target_type, id AS target_id, CASE type WHEN 'Receipt' THEN 'applies' ELSE 'clears' END AS qualifier, CAST(amount AS DECIMAL(18,4)) AS amount, currency
FROM cleared
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'partial/' || id AS source_id, 'AREntry' AS target_type, entry AS target_id, 'clears' AS qualifier, CAST(paid AS DECIMAL(18,4)) AS amount, currency FROM partial
UNION ALL BY NAME
SELECT 'Application' AS source_type, 'partial/' || id AS source_id, 'Receipt' AS target_type, receipt AS target_id, 'applies' AS qualifier, CAST(cash AS DECIMAL(18,4)) AS amount, currency FROM partial
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, id AS source_id, 'Customer' AS target_type, customer AS target_id, 'paid by' AS qualifier FROM receipt WHERE customer IS NOT NULL
UNION ALL BY NAME
SELECT 'Receipt' AS source_type, receipt AS source_id, 'Invoice' AS target_type, referred_invoice AS target_id, 'pays' AS qualifier, CAST(sum(paid) AS DECIMAL(18,4)) AS amount, min(currency) AS currency
FROM payment WHERE referred_invoice IS NOT NULL GROUP BY receipt, referred_invoice
UNION ALL BY NAME
SELECT DISTINCT 'DisputeCase' AS source_type, dispute AS source_id, 'Customer' AS target_type, customer AS target_id, 'raised by' AS qualifier
FROM (SELECT id AS dispute, customer FROM dispute UNION SELECT dispute, id FROM dispute_object WHERE type = 'Customer'
      UNION SELECT o.dispute, p.customer FROM dispute_object o JOIN posting p ON o.type = 'AREntry' AND p.id = o.id)
WHERE customer IS NOT NULL
UNION ALL BY NAME
-- the amount is of the case: it is one object's only where there is one
SELECT 'DisputeCase' AS source_type, o.dispute AS source_id, o.type AS target_type, o.id AS target_id, 'disputes' AS qualifier,
       CASE WHEN count(*) OVER (PARTITION BY o.dispute) = 1 THEN CAST(d.original AS DECIMAL(18,4)) END AS amount, d.currency
FROM dispute_object o JOIN dispute d ON d.id = o.dispute WHERE o.type <> 'Customer'
UNION ALL BY NAME
SELECT DISTINCT 'Block' AS source_type, block AS source_id, CASE type WHEN 'ScheduleLine' THEN 'SalesOrderItem' ELSE type END AS target_type,
       CASE type WHEN 'ScheduleLine' THEN regexp_replace(id, '/[^/]*$', '') ELSE id END AS target_id, 'blocks' AS qualifier FROM stop_event
UNION ALL BY NAME
SELECT 'Message' AS source_type, 'idoc/' || idoc AS source_id, type AS target_type, id AS target_id, 'concerns' AS qualifier FROM idoc_object
UNION ALL BY NAME
SELECT 'Message' AS source_type, id AS source_id, type AS target_type, document AS target_id, 'concerns' AS qualifier FROM output WHERE is_message;

CREATE VIEW object_change AS
SELECT type, id, attribute, time, old_value, new_value, key AS event_key FROM change
UNION ALL BY NAME
-- of the block and not of the order: to let one go is no change of the order
SELECT 'Block' AS type, s.block AS id, 'reason' AS attribute, c.time, c.old_value, c.new_value, CASE WHEN (c.old_value IS NULL) <> (c.new_value IS NULL) THEN 'block/' || c.source_key END AS event_key
FROM stop_change c JOIN stop s ON s.type = c.type AND s.id = c.id AND s.field = c.field
WHERE c.old_value IS DISTINCT FROM c.new_value;
