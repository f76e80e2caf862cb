-- Where does the time of each order go, from entry to cash?
-- One row an order and segment: from began_at to ended_at, less less_us (of validate the time under a credit block, of credit
-- the time between blocks, of unexplained what segments explain). The milestones are the order's own: of several deliveries
-- the one that shipped last, of several invoices the last posted, of the cash the last receipt. A segment without a beginning is not known,
-- one without an end is open, or was never recorded.
-- part_us is its part of created_at to paid_at, for orders that are paid: at any instant, of the segments that run then, the credit block
-- has it, else the one that ends first, for the others wait behind it. A segment with one end only, or with its ends the
-- wrong way round, has no part. day_precision: one of the ends is known to the day only. Over an order, the parts add up to the whole; capture lies before it and has none.
CREATE OR REPLACE VIEW o2c.order_segments AS
WITH
delivery AS (
	SELECT oo.order_object, d.created_at, d.allocated_at, d.pick_started_at, coalesce(d.packed_at, d.picked_at) AS packed_at, d.shipped_at, d.delivered_at
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Delivery') oo
	JOIN o2c.deliveries d ON d.delivery_object = oo.object AND d.kind <> 'return' AND d.cancelled_at IS NULL
	JOIN o2c.orders o ON o.order_object = oo.order_object
	-- what has not shipped yet will be the last, unless the order is paid without it
	QUALIFY row_number() OVER (PARTITION BY oo.order_object ORDER BY o.paid_at IS NOT NULL AND d.shipped_at IS NULL, d.shipped_at DESC NULLS FIRST, d.created_at DESC, d.delivery_id) = 1
),
invoice AS (
	SELECT oo.order_object, i.created_at, i.posted_at, CASE WHEN i.posted_at IS NOT NULL THEN greatest(i.posted_at, i.sent_at) END AS sent_at
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Invoice') oo
	JOIN o2c.invoices i ON i.invoice_object = oo.object AND i.kind = 'invoice' AND NOT i.is_cancelled
	JOIN o2c.orders o ON o.order_object = oo.order_object
	QUALIFY row_number() OVER (PARTITION BY oo.order_object ORDER BY o.paid_at IS NOT NULL AND i.posted_at IS NULL, i.posted_at DESC NULLS FIRST, i.created_at DESC, i.invoice_id) = 1
),
cash AS (
	SELECT oo.order_object, max(coalesce(r.received_at, r.value_date::TIMESTAMPTZ)) AS received_at
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Application') oo
	JOIN (SELECT DISTINCT application_object FROM o2c.applications WHERE kind = 'cash' AND NOT is_reversed) a ON a.application_object = oo.object
	JOIN o2c.links l ON l.source_object = oo.object AND l.qualifier = 'applies' AND l.target_type = 'Receipt'
	JOIN o2c.receipts r ON r.receipt_object = l.target_object
	GROUP BY ALL
),
milestone AS (
	SELECT o.order_object, o.received_at, o.created_at, coalesce(o.released_at, o.confirmed_at) AS ready_at,
	       coalesce(d.allocated_at, o.allocated_at) AS allocated_at, d.created_at AS delivery_at, d.pick_started_at, d.packed_at, d.shipped_at, d.delivered_at,
	       i.created_at AS billed_at, i.posted_at, i.sent_at, CASE WHEN o.paid_at IS NOT NULL THEN c.received_at END AS cash_at, o.paid_at
	FROM o2c.orders o
	LEFT JOIN delivery d ON d.order_object = o.order_object
	LEFT JOIN invoice i ON i.order_object = o.order_object
	LEFT JOIN cash c ON c.order_object = o.order_object
),
-- Credit blocks of an order that overlap or follow one another are one.
blocked AS (
	SELECT oo.order_object, b.set_at, b.released_at
	FROM (SELECT DISTINCT order_object, object FROM o2c.order_objects WHERE object_type = 'Block') oo
	JOIN o2c.blocks b ON b.block_object = oo.object AND b.kind = 'credit' AND b.set_at IS NOT NULL AND coalesce(b.released_at >= b.set_at, TRUE)
),
island AS (
	SELECT order_object, min(set_at) AS began_at, CASE WHEN count(*) = count(released_at) THEN max(released_at) END AS ended_at
	FROM (
		SELECT *, sum(fresh) OVER (PARTITION BY order_object ORDER BY set_at, n) AS nth FROM (
			SELECT *, CASE WHEN set_at <= max(coalesce(released_at, 'infinity')) OVER (PARTITION BY order_object ORDER BY set_at, n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS fresh
			FROM (SELECT *, row_number() OVER (PARTITION BY order_object ORDER BY set_at, released_at) AS n FROM blocked)))
	GROUP BY order_object, nth
),
credit AS (
	SELECT order_object, min(began_at) AS began_at, CASE WHEN count(*) = count(ended_at) THEN max(ended_at) END AS ended_at,
	       sum(epoch_us(ended_at) - epoch_us(began_at)) AS us
	FROM island GROUP BY ALL
),
under_credit AS (
	SELECT m.order_object, sum(greatest(0, epoch_us(least(c.ended_at, m.ready_at)) - epoch_us(greatest(c.began_at, m.created_at)))) AS us
	FROM milestone m JOIN island c ON c.order_object = m.order_object
	WHERE m.ready_at >= m.created_at GROUP BY ALL
),
span AS (
	SELECT order_object, 1 AS position, 'capture' AS segment, received_at AS began_at, created_at AS ended_at, 0 AS less_us FROM milestone
	UNION ALL SELECT m.order_object, 2, 'validate', m.created_at, m.ready_at, coalesce(u.us, 0) FROM milestone m LEFT JOIN under_credit u ON u.order_object = m.order_object
	UNION ALL SELECT m.order_object, 3, 'credit', c.began_at, c.ended_at, coalesce(epoch_us(c.ended_at) - epoch_us(c.began_at) - c.us, 0) FROM milestone m LEFT JOIN credit c ON c.order_object = m.order_object
	UNION ALL SELECT order_object, 4, 'allocate', ready_at, allocated_at, 0 FROM milestone
	UNION ALL SELECT order_object, 5, 'warehouse_queue', delivery_at, pick_started_at, 0 FROM milestone
	UNION ALL SELECT order_object, 6, 'pick_pack', pick_started_at, packed_at, 0 FROM milestone
	UNION ALL SELECT order_object, 7, 'ship', packed_at, shipped_at, 0 FROM milestone
	UNION ALL SELECT order_object, 8, 'transit', shipped_at, delivered_at, 0 FROM milestone
	UNION ALL SELECT order_object, 9, 'bill', shipped_at, billed_at, 0 FROM milestone
	UNION ALL SELECT order_object, 10, 'post', billed_at, sent_at, 0 FROM milestone
	UNION ALL SELECT order_object, 11, 'collect', posted_at, cash_at, 0 FROM milestone
	UNION ALL SELECT order_object, 12, 'apply', cash_at, paid_at, 0 FROM milestone
),
-- The sweep: what runs, cut at every instant at which something begins or ends.
running AS (
	SELECT m.order_object, s.position, s.position = 3 AS first, epoch_us(s.ended_at) AS ends,
	       greatest(epoch_us(s.began_at), epoch_us(m.created_at)) AS a, least(epoch_us(s.ended_at), epoch_us(m.paid_at)) AS z
	FROM (SELECT * EXCLUDE (segment, less_us) FROM span WHERE position NOT IN (1, 3)
	      UNION ALL SELECT order_object, 3, began_at, ended_at FROM island) s
	JOIN milestone m ON m.order_object = s.order_object
	WHERE s.ended_at > s.began_at AND s.ended_at > m.created_at AND s.began_at < m.paid_at
),
cut AS (
	SELECT order_object, instant AS a, lead(instant) OVER (PARTITION BY order_object ORDER BY instant) AS z
	FROM (SELECT order_object, a AS instant FROM running UNION SELECT order_object, z FROM running)
),
part AS (
	SELECT order_object, position, sum(us)::BIGINT AS us
	FROM (
		SELECT c.order_object, c.z - c.a AS us, arg_min(r.position, (NOT r.first, r.ends, r.position)) AS position
		FROM cut c JOIN running r ON r.order_object = c.order_object AND r.a <= c.a AND r.z >= c.z
		GROUP BY c.order_object, c.a, c.z)
	GROUP BY ALL
),
explained AS (
	SELECT order_object, sum(us)::BIGINT AS us FROM part GROUP BY ALL
),
segment AS (
	SELECT s.order_object, s.position, s.segment, s.began_at, s.ended_at, s.less_us::BIGINT AS less_us,
	       CASE WHEN s.position > 1 AND m.paid_at >= m.created_at THEN coalesce(p.us, 0) END AS part_us
	FROM span s
	JOIN milestone m ON m.order_object = s.order_object
	LEFT JOIN part p ON p.order_object = s.order_object AND p.position = s.position
	UNION ALL
	SELECT m.order_object, 13, 'unexplained', m.created_at, m.paid_at, coalesce(e.us, 0),
	       CASE WHEN m.paid_at >= m.created_at THEN epoch_us(m.paid_at) - epoch_us(m.created_at) - coalesce(e.us, 0) END
	FROM milestone m LEFT JOIN explained e ON e.order_object = m.order_object
)
SELECT o.order_id, s.segment, s.position, s.began_at, s.ended_at, s.less_us, s.part_us,
       o.created_at, o.paid_at, o.cleared_at, o.cancelled_at, o.is_return, o.is_prepaid,
       coalesce(list_contains(o.day_times, s.began_at) OR list_contains(o.day_times, s.ended_at), FALSE) AS day_precision,
       o.customer_id, o.customer_master, o.channel, o.site, o.organisation, o.net_value, o.currency, s.order_object
FROM segment s JOIN o2c.orders o ON o.order_object = s.order_object;
