-- What needs somebody's attention, since when, and what is it worth?
-- One row an exception, solved or not: a block, a failed message, a short pick,
-- an unmatched receipt, a dispute, a shipped line without an invoice. A block that
-- stands when its order is cancelled ends with the order: nobody will release it.
CREATE OR REPLACE VIEW o2c.exceptions AS
SELECT 'block' AS kind, b.kind AS detail, b.block_id AS exception_id, b.object_type, b.object_id, b.order_id,
       b.set_at AS raised_at,
       CASE WHEN s.cancelled_at < coalesce(b.released_at, 'infinity') THEN greatest(s.cancelled_at, b.set_at) ELSE b.released_at END AS resolved_at,
       NULL::VARCHAR AS owner,
       s.net_value AS value, s.currency
FROM (SELECT DISTINCT ON (block_id) * FROM o2c.blocks ORDER BY block_id, object_id) b
LEFT JOIN o2c.orders s ON s.order_id = b.order_id
UNION ALL
SELECT 'message', m.kind, m.message_id, m.object_type, m.object_id, m.order_id,
       m.first_failed_at, m.recovered_at, m.owner, NULL, NULL
FROM o2c.messages m WHERE m.failures > 0
UNION ALL
SELECT 'short pick', NULL, d.delivery_line_id, 'DeliveryItem', d.delivery_line_id, d.order_id,
       d.picked_at, d.shipped_at, d.site, TRY_CAST((d.pick_target_quantity - d.picked_quantity) * d.net_price AS DECIMAL(18,4)), d.currency
FROM o2c.delivery_lines d WHERE d.picked_quantity < d.pick_target_quantity AND d.picked_at IS NOT NULL
UNION ALL
SELECT 'unmatched receipt', r.kind, r.receipt_id, 'Receipt', r.receipt_id, NULL,
       r.received_at, r.fully_applied_at, NULL, r.unapplied_amount, r.currency
FROM o2c.receipts r WHERE r.fully_applied_at IS NULL OR r.fully_applied_at > r.received_at
UNION ALL
SELECT 'dispute', p.reason_class, p.dispute_id, 'DisputeCase', p.dispute_id, p.order_id,
       p.opened_at, p.closed_at, p.owner, p.disputed_amount, p.currency
FROM o2c.disputes p
UNION ALL
SELECT 'shipped not invoiced', NULL, d.delivery_line_id, 'DeliveryItem', d.delivery_line_id, d.order_id,
       d.shipped_at, d.billed_posted_at, NULL, d.net_value, d.currency
FROM o2c.delivery_lines d WHERE d.shipped_at IS NOT NULL AND d.is_billing_relevant AND d.kind = 'outbound';
