-- What the store says of the sample distributor, and what really happened.
--
-- Rows of every check: key, field, want (the truth), got (the store), cause (the
-- planted defect that explains the difference, empty if none does), n. One row
-- with field "compared" counts what was looked at. {truth} is the truth's folder.
--
-- The truth is text: times in UTC with Z, days ISO. It is compared as such.
CREATE TEMP MACRO instant(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S') || CASE WHEN epoch_ms(t) % 1000 = 0 THEN '' ELSE strftime(t, '.%g') END || 'Z';
CREATE TEMP MACRO places(x, n) AS CASE n WHEN 2 THEN x::DECIMAL(18,2)::VARCHAR ELSE x::DECIMAL(18,3)::VARCHAR END;
CREATE TEMP TABLE t_order AS FROM read_csv('{truth}/order.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_line AS FROM read_csv('{truth}/line.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_wait AS FROM read_csv('{truth}/wait.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_link AS FROM read_csv('{truth}/link.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_document AS FROM read_csv('{truth}/document.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_ledger AS FROM read_csv('{truth}/ledger.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_promise AS FROM read_csv('{truth}/promise.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_balance AS FROM read_csv('{truth}/balance.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_defect AS FROM read_csv('{truth}/defect.csv', all_varchar = true, header = true, nullstr = '');
CREATE TEMP TABLE t_cause AS FROM read_csv('{truth}/cause.csv', all_varchar = true, header = true, nullstr = '');

-- What a defect hits: an object, and what of it.
CREATE TEMP TABLE hit AS
WITH defect AS (SELECT kind, "table", key, split_part(split_part(doc, ':', 1), ' ', 1) AS type, split_part(split_part(doc, ':', 1), ' ', 2) AS number, doc FROM t_defect)
SELECT type, number, CASE kind WHEN 'missing_row' THEN 'proof of delivery missing' WHEN 'dangling_reference' THEN 'proof of delivery of a number that is none'
       WHEN 'day_precision' THEN 'proof of delivery to the day' END AS cause
FROM defect WHERE "table" = 'tracking_event' AND doc LIKE '%: DELIVERED %' AND kind IN ('missing_row', 'dangling_reference', 'day_precision')
UNION
SELECT type, number, 'mail stamped with the day' FROM defect WHERE kind = 'day_precision' AND "table" = 'desk_call'
UNION
SELECT 'Message', key, 'message not logged' FROM defect WHERE kind = 'missing_row' AND "table" = 'message'
UNION
SELECT 'Message', split_part(key, '/', 1), 'attempt not logged' FROM defect WHERE kind = 'missing_row' AND "table" = 'message_attempt';

-- Orders and lines whose deliveries were hit, by the truth's own links.
CREATE TEMP TABLE line_hit AS
SELECT f.target_no AS line, split_part(f.target_no, '/', 1) AS order_no, min(h.cause) AS cause
FROM t_link f JOIN hit h ON h.type = 'Delivery' AND h.number = split_part(f.source_no, '/', 1)
WHERE f.qualifier = 'fulfils' GROUP BY ALL;
CREATE TEMP TABLE order_hit AS SELECT order_no, min(cause) AS cause FROM line_hit GROUP BY ALL;
-- Orders whose messages were hit: those of the order, its deliveries, its invoices, its receipts.
CREATE TEMP TABLE message_hit AS
WITH about AS (SELECT l.target_type AS type, l.target_no AS number, h.cause FROM t_link l JOIN hit h ON h.type = 'Message' AND h.number = l.source_no WHERE l.qualifier = 'concerns')
SELECT order_no, min(cause) AS cause FROM (
	SELECT number AS order_no, cause FROM about WHERE type = 'SalesOrder'
	UNION ALL
	SELECT split_part(l.target_no, '/', 1), a.cause FROM about a JOIN t_link l ON l.qualifier IN ('fulfils', 'bills') AND l.target_type = 'SalesOrderItem'
	     AND split_part(l.source_no, '/', 1) = a.number WHERE a.type IN ('Delivery', 'Invoice')
	UNION ALL
	SELECT split_part(b.target_no, '/', 1), a.cause FROM about a JOIN t_link p ON p.qualifier = 'applies' AND p.target_no = a.number
	     JOIN t_link c ON c.source_no = p.source_no AND c.qualifier = 'clears' JOIN t_link r ON r.source_no = c.target_no AND r.qualifier = 'receivable of'
	     JOIN t_link b ON b.qualifier = 'bills' AND b.target_type = 'SalesOrderItem' AND split_part(b.source_no, '/', 1) = r.target_no WHERE a.type = 'Receipt'
) GROUP BY ALL;

-- What the views say of each order line beyond their columns.
CREATE TEMP TABLE returned AS
SELECT line, sum(quantity) AS quantity FROM (
	SELECT l.target_id AS line, -l.quantity AS quantity FROM o2c.links l JOIN o2c.delivery_lines d ON d.line_object = l.source_object
	WHERE l.qualifier = 'fulfils' AND d.kind = 'return' AND d.returned_at IS NOT NULL
	UNION ALL
	SELECT r.target_id, -l.quantity FROM o2c.links l JOIN o2c.delivery_lines d ON d.line_object = l.source_object
	JOIN o2c.links r ON r.source_object = l.target_object AND r.qualifier = 'returns'
	WHERE l.qualifier = 'fulfils' AND d.kind = 'return' AND d.returned_at IS NOT NULL)
GROUP BY ALL;
CREATE TEMP TABLE credited AS
WITH memo AS (
	SELECT l.target_object AS object, l.target_id AS line, l.amount FROM o2c.links l JOIN o2c.invoice_lines i ON i.line_object = l.source_object
	WHERE l.qualifier = 'bills' AND l.target_type = 'SalesOrderItem' AND i.kind = 'credit_memo'
)
SELECT line, sum(amount) AS amount FROM (
	SELECT line, amount FROM memo UNION ALL
	SELECT r.target_id, m.amount FROM memo m JOIN o2c.links r ON r.source_object = m.object AND r.qualifier = 'returns')
GROUP BY ALL;
CREATE TEMP TABLE short AS
SELECT l.target_id AS line, sum(t.target_quantity - t.actual_quantity) AS quantity
FROM o2c.links l JOIN o2c.links p ON p.target_object = l.source_object AND p.qualifier = 'picks'
JOIN objects."WarehouseTask" t ON t.object = p.source_object
WHERE l.qualifier = 'fulfils' GROUP BY ALL;
CREATE TEMP TABLE credit AS
SELECT order_id, min(set_at) AS set_at, max(released_at) AS released_at, bool_or(released_at IS NULL) AS is_open FROM o2c.blocks WHERE kind = 'credit' GROUP BY ALL;
CREATE TEMP TABLE live AS
SELECT o.order_id, count(*) FILTER (NOT l.is_rejected) AS lines, bool_or(r.quantity > 0) AS returned
FROM o2c.orders o JOIN o2c.order_lines l USING (order_id) LEFT JOIN returned r ON r.line = l.order_line_id GROUP BY ALL;

CREATE TEMP TABLE documents AS
SELECT 'Delivery' AS type, delivery_id AS number, created_at, NULL::TIMESTAMPTZ AS posted_at, CASE kind WHEN 'return' THEN returned_at ELSE shipped_at END AS effective_at, cancelled_at,
       CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' WHEN returned_at IS NOT NULL THEN 'returned' WHEN delivered_at IS NOT NULL THEN 'delivered'
            WHEN shipped_at IS NOT NULL THEN 'shipped' WHEN packed_at IS NOT NULL THEN 'packed' ELSE 'open' END AS state, NULL AS amount, NULL AS currency
FROM o2c.deliveries WHERE created_at IS NOT NULL -- others are known only by a wrong number
UNION ALL BY NAME
SELECT CASE kind WHEN 'credit_memo' THEN 'CreditMemo' ELSE 'Invoice' END AS type, invoice_id AS number, created_at, posted_at,
       CASE WHEN kind <> 'cancellation' THEN cancelled_at END AS cancelled_at,
       CASE WHEN kind = 'credit_memo' THEN CASE WHEN posted_at IS NULL THEN 'draft' ELSE 'posted' END
            WHEN kind = 'cancellation' THEN 'cancellation' WHEN is_cancelled THEN 'cancelled' WHEN posted_at IS NULL THEN 'draft'
            WHEN open_amount = 0 AND cleared_at IS NOT NULL THEN 'settled' ELSE 'open' END AS state, gross_amount AS amount, currency
FROM o2c.invoices
UNION ALL BY NAME
SELECT 'Receipt' AS type, receipt_id AS number, received_at AS created_at, fully_applied_at AS effective_at,
       CASE WHEN fully_applied_at IS NOT NULL THEN 'applied' WHEN applied_amount > 0 THEN 'partly' ELSE 'unapplied' END AS state, amount, currency FROM o2c.receipts
UNION ALL BY NAME
SELECT 'DisputeCase' AS type, dispute_id AS number, opened_at AS created_at, decided_at AS posted_at, closed_at AS effective_at,
       CASE WHEN closed_at IS NOT NULL THEN 'closed' WHEN decided_at IS NOT NULL THEN 'decided' ELSE 'open' END AS state, disputed_amount AS amount, currency FROM o2c.disputes;

-- checks
-- check orders
WITH pair AS (SELECT coalesce(t.order_no, s.order_id) AS key, unnest([
	{'field': 'kind', 'want': t.kind, 'got': s.kind},
	{'field': 'channel', 'want': lower(t.channel), 'got': s.channel},
	{'field': 'site', 'want': t.site, 'got': s.site},
	{'field': 'customer', 'want': t.customer_no, 'got': s.customer_id},
	{'field': 'currency', 'want': t.currency, 'got': s.currency},
	{'field': 'net_value', 'want': t.net_value, 'got': places(s.net_value, 2)},
	{'field': 'lines', 'want': t.lines, 'got': s.lines::VARCHAR},
	{'field': 'received_at', 'want': t.received_at, 'got': instant(s.received_at)},
	{'field': 'created_at', 'want': t.created_at, 'got': instant(s.created_at)},
	{'field': 'confirmed_at', 'want': t.confirmed_at, 'got': instant(s.confirmed_at)},
	{'field': 'credit_set_at', 'want': t.credit_set_at, 'got': instant(c.set_at)},
	{'field': 'credit_released_at', 'want': t.credit_released_at, 'got': instant(c.released_at)},
	{'field': 'released_at', 'want': t.released_at, 'got': instant(s.released_at)},
	{'field': 'first_goods_issue_at', 'want': t.first_goods_issue_at, 'got': instant(s.first_ship_at)},
	{'field': 'full_ship_at', 'want': t.full_ship_at, 'got': instant(s.full_ship_at)},
	{'field': 'delivered_at', 'want': t.delivered_at, 'got': instant(s.delivered_at)},
	{'field': 'first_invoice_created_at', 'want': t.first_invoice_created_at, 'got': instant(s.first_invoiced_at)},
	{'field': 'last_invoice_posted_at', 'want': t.last_invoice_posted_at, 'got': instant(s.last_posted_at)},
	{'field': 'cleared_at', 'want': t.cleared_at, 'got': instant(s.cleared_at)},
	{'field': 'paid_at', 'want': t.paid_at, 'got': instant(s.paid_at)},
	{'field': 'cancelled_at', 'want': t.cancelled_at, 'got': instant(s.cancelled_at)},
	{'field': 'state', 'want': t.state, 'got': CASE WHEN s.cancelled_at IS NOT NULL THEN 'cancelled' WHEN s.is_return THEN CASE WHEN v.returned THEN 'returned' ELSE 'released' END
		WHEN v.lines = 0 AND s.first_ship_at IS NULL THEN 'rejected' WHEN s.paid_at IS NOT NULL THEN 'paid' WHEN s.cleared_at IS NOT NULL THEN 'cleared'
		WHEN s.is_billed AND (s.full_ship_at IS NOT NULL OR v.lines = 0) THEN 'billed' WHEN s.full_ship_at IS NOT NULL OR v.lines = 0 THEN 'shipped'
		WHEN s.first_ship_at IS NOT NULL THEN 'shipping' WHEN s.released_at IS NOT NULL THEN 'released' WHEN c.is_open THEN 'credit' ELSE 'entered' END},
	{'field': 'touches_entry', 'want': t.touches_entry, 'got': s.human_touches_entry::VARCHAR},
	{'field': 'touches_fulfil', 'want': t.touches_fulfil, 'got': s.human_touches_fulfil::VARCHAR},
	{'field': 'touches_bill', 'want': t.touches_bill, 'got': s.human_touches_bill::VARCHAR},
	{'field': 'touches_cash', 'want': t.touches_cash, 'got': s.human_touches_cash::VARCHAR},
	{'field': 'unknown_entry', 'want': t.unknown_entry, 'got': s.unknown_touches_entry::VARCHAR},
	{'field': 'unknown_fulfil', 'want': t.unknown_fulfil, 'got': s.unknown_touches_fulfil::VARCHAR},
	{'field': 'unknown_bill', 'want': t.unknown_bill, 'got': s.unknown_touches_bill::VARCHAR},
	{'field': 'unknown_cash', 'want': t.unknown_cash, 'got': s.unknown_touches_cash::VARCHAR}
], max_depth := 2), {'delivery': h.cause, 'message': m.cause, 'call': dc.cause, 'typed': t.channel = 'EDI' AND s.created_by IN ('human', 'unknown') AND EXISTS (FROM t_defect WHERE doc LIKE 'Message %: neither%')} AS hit FROM t_order t FULL JOIN o2c.orders s ON s.order_id = t.order_no LEFT JOIN credit c ON c.order_id = s.order_id LEFT JOIN live v ON v.order_id = s.order_id LEFT JOIN order_hit h ON h.order_no = t.order_no LEFT JOIN message_hit m ON m.order_no = t.order_no LEFT JOIN hit dc ON dc.type = 'SalesOrder' AND dc.number = t.order_no)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, CASE WHEN field = 'delivered_at' THEN hit.delivery WHEN field LIKE 'touches_%' OR field LIKE 'unknown_%' THEN hit.message
	WHEN field = 'received_at' AND got IS NULL AND hit.message IS NOT NULL THEN hit.message
	WHEN field = 'received_at' AND got IS NULL AND hit.typed THEN 'message not logged, and typed in by hand'
	WHEN field = 'received_at' AND hit.call IS NOT NULL AND got = want[:10] || 'T00:00:00Z' THEN hit.call END, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check lines
WITH pair AS (SELECT coalesce(t.id, s.order_line_id) AS key, unnest([
	{'field': 'ordered_quantity', 'want': t.ordered_quantity, 'got': places(s.ordered_quantity, 3)},
	{'field': 'net_value', 'want': t.net_value, 'got': places(s.net_value, 2)},
	{'field': 'shipped_quantity', 'want': t.shipped_quantity, 'got': places(s.shipped_quantity, 3)},
	{'field': 'billed_quantity', 'want': t.billed_quantity, 'got': places(s.billed_quantity, 3)},
	{'field': 'billed_net', 'want': t.billed_net, 'got': places(s.billed_amount - s.credited_amount, 2)},
	{'field': 'returned_quantity', 'want': t.returned_quantity, 'got': places(coalesce(r.quantity, 0), 3)},
	{'field': 'credited_net', 'want': t.credited_net, 'got': places(coalesce(k.amount, 0), 2)},
	{'field': 'short_picked_quantity', 'want': t.short_picked_quantity, 'got': places(coalesce(p.quantity, 0), 3)},
	{'field': 'requested_date', 'want': t.requested_date, 'got': s.requested_date::VARCHAR},
	{'field': 'first_confirmed_date', 'want': t.first_confirmed_date, 'got': s.first_confirmed_date::VARCHAR},
	{'field': 'allocated_at', 'want': t.allocated_at, 'got': instant(s.allocated_at)},
	{'field': 'first_goods_issue_at', 'want': t.first_goods_issue_at, 'got': instant(s.first_ship_at)},
	{'field': 'full_ship_at', 'want': t.full_ship_at, 'got': instant(s.full_ship_at)},
	{'field': 'delivered_at', 'want': t.delivered_at, 'got': instant(s.delivered_at)},
	{'field': 'first_billed_at', 'want': t.first_billed_at, 'got': instant(s.first_billed_at)},
	{'field': 'rejected_at', 'want': t.rejected_at, 'got': instant(s.rejected_at)},
	{'field': 'state', 'want': t.state, 'got': CASE WHEN s.cancelled_at IS NOT NULL THEN 'cancelled' WHEN s.order_kind = 'return' AND r.quantity > 0 THEN 'returned' WHEN s.is_rejected THEN 'rejected'
		WHEN s.is_billed AND s.full_ship_at IS NOT NULL THEN 'billed' WHEN s.full_ship_at IS NOT NULL THEN 'shipped' WHEN s.shipped_quantity > 0 THEN 'shipping' ELSE 'open' END}
], max_depth := 2), {'delivery': h.cause, 'skewed': s.site = 'VIE1'} AS hit FROM (SELECT *, order_no || '/' || item_no AS id FROM t_line) t FULL JOIN o2c.order_lines s ON s.order_line_id = t.id LEFT JOIN returned r ON r.line = s.order_line_id LEFT JOIN credited k ON k.line = s.order_line_id LEFT JOIN short p ON p.line = s.order_line_id LEFT JOIN line_hit h ON h.line = t.id)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, CASE WHEN field = 'delivered_at' THEN hit.delivery
	WHEN field = 'allocated_at' AND hit.skewed AND got::TIMESTAMPTZ - INTERVAL 240 SECOND = want::TIMESTAMPTZ THEN 'clock of VIE1' END, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check documents
WITH pair AS (SELECT coalesce(t.type || ' ' || t.number, s.type || ' ' || s.number) AS key, unnest([
	{'field': 'created_at', 'want': t.created_at, 'got': instant(s.created_at)},
	{'field': 'posted_at', 'want': t.posted_at, 'got': instant(s.posted_at)},
	{'field': 'effective_at', 'want': t.effective_at, 'got': instant(s.effective_at)},
	{'field': 'cancelled_at', 'want': t.cancelled_at, 'got': instant(s.cancelled_at)},
	{'field': 'state', 'want': t.state, 'got': s.state},
	{'field': 'amount', 'want': t.amount, 'got': places(s.amount, 2)},
	{'field': 'currency', 'want': t.currency, 'got': s.currency}
], max_depth := 2), h.cause AS hit FROM t_document t FULL JOIN documents s ON s.type = t.type AND s.number = t.number LEFT JOIN hit h ON h.type = t.type AND h.number = t.number)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, CASE WHEN field = 'state' AND want = 'delivered' AND got = 'shipped' THEN hit END, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check ledger
WITH pair AS (SELECT coalesce(t.entry_no, s.entry_id) AS key, unnest([
	{'field': 'kind', 'want': CASE t.kind WHEN 'INV' THEN 'invoice' WHEN 'CRM' THEN 'credit_memo' WHEN 'CAN' THEN 'cancellation' WHEN 'RES' THEN 'residual' END, 'got': s.kind},
	{'field': 'customer', 'want': t.customer_no, 'got': s.customer_id},
	{'field': 'currency', 'want': t.currency, 'got': s.currency},
	{'field': 'posting_date', 'want': t.posting_date, 'got': s.posting_date::VARCHAR},
	{'field': 'due_date', 'want': t.due_date, 'got': s.due_date::VARCHAR},
	{'field': 'amount', 'want': t.amount, 'got': places(s.amount, 2)},
	{'field': 'cash_settled', 'want': t.cash_settled, 'got': places(s.cash_amount, 2)},
	{'field': 'otherwise_settled', 'want': t.otherwise_settled, 'got': places(s.settled_amount - s.cash_amount, 2)},
	{'field': 'open_amount', 'want': t.open_amount, 'got': places(s.open_amount, 2)},
	{'field': 'cleared_on', 'want': t.cleared_on, 'got': s.cleared_on::VARCHAR}
], max_depth := 2), NULL AS hit FROM t_ledger t FULL JOIN o2c.receivable_entries s ON s.entry_id = t.entry_no)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, NULL, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check promises
WITH pair AS (SELECT coalesce(t.promise_no, s.promise_id) AS key, unnest([
	{'field': 'customer', 'want': t.customer_no, 'got': s.customer_id},
	{'field': 'amount', 'want': t.amount || ' ' || t.currency, 'got': places(s.amount, 2) || ' ' || s.currency},
	{'field': 'promised_on', 'want': t.promised_on, 'got': s.promised_on::VARCHAR},
	{'field': 'due_on', 'want': t.due_on, 'got': s.due_on::VARCHAR},
	{'field': 'paid_on', 'want': t.paid_on, 'got': s.paid_on::VARCHAR}
], max_depth := 2) FROM t_promise t FULL JOIN o2c.promises s ON s.promise_id = t.promise_no)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, NULL, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check balances
WITH pair AS (
	SELECT day || ' ' || currency AS key, unnest([
		{'field': 'receivable', 'want': t.receivable, 'got': places((SELECT coalesce(sum(amount), 0) FROM o2c.receivable_entries e WHERE e.currency = t.currency AND e.posting_date <= t.day::DATE)
			- (SELECT coalesce(sum(amount), 0) FROM o2c.applications a WHERE a.currency = t.currency AND a.applied_on <= t.day::DATE AND coalesce(a.reversed_on > t.day::DATE, true)), 2)},
		{'field': 'unapplied_cash', 'want': t.unapplied_cash, 'got': places((SELECT coalesce(sum(amount), 0) FROM o2c.receipts r WHERE r.currency = t.currency AND r.received_at::DATE <= t.day::DATE)
			- (SELECT coalesce(sum(cash_amount), 0) FROM o2c.applications a WHERE a.currency = t.currency AND a.applied_on <= t.day::DATE AND coalesce(a.reversed_on > t.day::DATE, true)), 2)},
		{'field': 'sales_gross', 'want': t.sales_gross, 'got': places((SELECT coalesce(sum(amount), 0) FROM o2c.receivable_entries e WHERE e.currency = t.currency
			AND e.kind IN ('invoice', 'cancellation') AND date_trunc('month', e.posting_date) = date_trunc('month', t.day::DATE)), 2)}
	], max_depth := 2) FROM t_balance t
)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, field, want, got, NULL, 1 FROM pair WHERE want IS DISTINCT FROM got ORDER BY field, key;

-- check links
WITH t AS (
	SELECT source_type, source_no, qualifier, target_type, target_no, quantity, amount FROM t_link
), s AS (
	SELECT l.source_type, l.source_id AS source_no, l.qualifier, l.target_type, l.target_id AS target_no, places(l.quantity, 3) AS quantity, places(l.amount, 2) AS amount
	FROM (SELECT l.* FROM o2c.links l ANTI JOIN (SELECT line_object FROM o2c.invoice_lines WHERE kind = 'credit_memo') m ON m.line_object = l.source_object) l -- their lines are checked by amount
	SEMI JOIN (SELECT DISTINCT source_type, qualifier, target_type FROM t) k USING (source_type, qualifier, target_type)
), pair AS (
	SELECT coalesce(t.source_type, s.source_type) || ' ' || coalesce(t.qualifier, s.qualifier) || ' ' || coalesce(t.target_type, s.target_type) AS kind,
	       coalesce(t.source_no, s.source_no) || ' > ' || coalesce(t.target_no, s.target_no) AS key, t.source_no IS NULL AS more, s.source_no IS NULL AS less,
	       concat_ws(' ', 'quantity', t.quantity, 'amount', t.amount) AS want, concat_ws(' ', 'quantity', s.quantity, 'amount', s.amount) AS got,
	       coalesce(t.source_no, s.source_no) AS source, coalesce(t.source_type, s.source_type) AS source_type, coalesce(t.target_no, s.target_no) AS target
	FROM t FULL JOIN s ON s.source_type = t.source_type AND s.source_no = t.source_no AND s.qualifier = t.qualifier AND s.target_type = t.target_type AND s.target_no = t.target_no
)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, kind, CASE WHEN more THEN NULL ELSE want END, CASE WHEN less THEN NULL ELSE got END,
       CASE WHEN less AND source_type = 'Message' THEN (SELECT min(cause) FROM hit h WHERE h.type = 'Message' AND h.number = p.source AND h.cause = 'message not logged')
            WHEN more AND source_type = 'Message' AND EXISTS (FROM landing_messages.message m WHERE m.message_id = p.source AND m.closed_unposted = 'Y' AND m.document_no IS NULL)
                 THEN 'closed by hand, found by the customer''s number' END, 1
FROM pair p WHERE more OR less OR want <> got ORDER BY 2, 1;

-- check waits
WITH pair AS (
	SELECT t.kind || ' of ' || t.object_type AS kind, t.object_no AS key, unnest([
		{'field': 'from', 'want': t.from_at, 'got': CASE t.kind WHEN 'entry' THEN instant(o.received_at) WHEN 'allocate' THEN instant(d.created_at) WHEN 'truck' THEN instant(d.packed_at)
			WHEN 'transit' THEN instant(d.transport_started_at) WHEN 'credit' THEN instant(c.set_at) WHEN 'cash' THEN instant(r.received_at) END},
		{'field': 'to', 'want': t.to_at, 'got': CASE t.kind WHEN 'entry' THEN instant(o.created_at) WHEN 'allocate' THEN instant(d.allocated_at) WHEN 'truck' THEN instant(d.transport_started_at)
			WHEN 'transit' THEN instant(d.delivered_at) WHEN 'credit' THEN instant(c.released_at) WHEN 'cash' THEN instant(r.first_applied_at) END}
	], max_depth := 2), t.kind AS what, d.site = 'VIE1' AS skewed, h.cause AS hit,
	CASE WHEN m.cause IS NOT NULL THEN m.cause WHEN o.channel = 'edi' AND o.created_by IN ('human', 'unknown') AND EXISTS (FROM t_defect WHERE doc LIKE 'Message %: neither%') THEN 'message not logged, and typed in by hand' END AS message
	FROM t_wait t
	LEFT JOIN o2c.orders o ON o.order_id = t.object_no LEFT JOIN o2c.deliveries d ON d.delivery_id = t.object_no
	LEFT JOIN credit c ON c.order_id = t.order_no LEFT JOIN o2c.receipts r ON r.receipt_id = t.object_no
	LEFT JOIN hit h ON h.type = t.object_type AND h.number = t.object_no AND h.cause <> 'mail stamped with the day' LEFT JOIN message_hit m ON m.order_no = t.order_no
	WHERE t.kind IN ('entry', 'allocate', 'truck', 'transit', 'credit', 'cash')
)
SELECT NULL AS key, 'compared' AS field, NULL AS want, NULL AS got, NULL AS cause, count(*) AS n FROM pair
UNION ALL
SELECT key, kind || ', ' || field, want, got,
       CASE WHEN skewed AND got::TIMESTAMPTZ - INTERVAL 240 SECOND = want::TIMESTAMPTZ THEN 'clock of VIE1'
            WHEN what = 'transit' AND field = 'to' THEN hit
            WHEN what = 'entry' AND field = 'from' AND got IS NULL THEN message
            WHEN what = 'entry' AND field = 'from' AND got = want[:10] || 'T00:00:00Z' THEN 'mail stamped with the day' END, 1
FROM pair WHERE want IS DISTINCT FROM got ORDER BY 2, 1;
