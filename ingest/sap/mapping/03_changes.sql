-- What was changed, from what to what, and what was blocked from when to when?

-- TABKEY starts with MANDT (3): VBAK 3+10, VBAP 3+10+6, VBEP 3+10+6+4, BSEG 3+4+10+4+3.
-- An initial value is empty, or zeros for a date.
CREATE TEMP TABLE change_row AS
SELECT trim(h.objectclas) AS class, coalesce(TRY_CAST(trim(h.changenr) AS BIGINT), 0) AS sequence, txt(h.username) AS "user", txt(h.tcode) AS transaction,
       time_of(h.udate, h.utime) AS time, precision_of(h.utime) AS precision,
       upper(trim(p.tabname)) AS tabname, upper(trim(p.fname)) AS field, upper(trim(p.chngind)) AS indicator, p.tabkey,
       id_of(p.tabkey[4:13]) AS document, id_of(p.tabkey[14:19]) AS position, id_of(p.tabkey[20:23]) AS line,
       txt(p.value_old) AS old_value, txt(p.value_new) AS new_value,
       p.objectclas || '/' || p.objectid || '/' || p.changenr || '/' || p.tabname || '/' || p.tabkey || '/' || p.fname || '/' || p.chngind AS source_key
FROM CDHDR h JOIN CDPOS p ON p.objectclas = h.objectclas AND p.objectid = h.objectid AND p.changenr = h.changenr;

-- Words for fields. form: how the values are read.
CREATE TEMP TABLE word AS
SELECT * FROM (VALUES
	('VERKBELEG', 'VBAK', 'VDATU', 'SalesOrder', 'Change Requested Date', 'requested_date', 'date'),
	('VERKBELEG', 'VBAK', 'KUNNR', 'SalesOrder', 'Change Partner', 'sold_to', 'id'),
	('VERKBELEG', 'VBPA', 'KUNNR', 'SalesOrder', 'Change Partner', 'partner', 'id'),
	('VERKBELEG', 'VBKD', 'ZTERM', 'SalesOrder', 'Change Terms', 'payment_terms', 'text'),
	('VERKBELEG', 'VBKD', 'INCO1', 'SalesOrder', 'Change Terms', 'incoterms', 'text'),
	('VERKBELEG', 'VBKD', 'BSTKD', 'SalesOrder', 'Change Sales Order', 'customer_reference', 'text'),
	('VERKBELEG', 'VBAP', 'KWMENG', 'SalesOrderItem', 'Change Quantity', 'quantity', 'number'),
	('VERKBELEG', 'VBAP', 'NETPR', 'SalesOrderItem', 'Change Price', 'net_price', 'number'),
	('VERKBELEG', 'VBAP', 'MATNR', 'SalesOrderItem', 'Change Material', 'material', 'id'),
	('VERKBELEG', 'VBAP', 'WERKS', 'SalesOrderItem', 'Change Sales Order', 'plant', 'text'),
	('VERKBELEG', 'VBAP', 'ROUTE', 'SalesOrderItem', 'Change Sales Order', 'route', 'text'),
	('VERKBELEG', 'VBAP', 'ABGRU', 'SalesOrderItem', 'Reject Item', 'rejection_reason', 'text'),
	('VERKBELEG', 'VBEP', 'EDATU', 'ScheduleLine', 'Change Confirmed Date', 'confirmed_date', 'date'),
	('VERKBELEG', 'VBEP', 'BMENG', 'ScheduleLine', 'Change Sales Order', 'confirmed_quantity', 'number'),
	('LIEFERUNG', 'LIKP', 'WADAT', 'Delivery', 'Change Delivery', 'planned_date', 'date'),
	('LIEFERUNG', 'LIKP', 'LFDAT', 'Delivery', 'Change Delivery', 'delivery_date', 'date'),
	('LIEFERUNG', 'LIPS', 'LFIMG', 'DeliveryItem', 'Change Delivery', 'quantity', 'number'),
	('LIEFERUNG', 'LIPS', 'CHARG', 'DeliveryItem', 'Change Delivery', 'batch', 'text'),
	('LIEFERUNG', 'LIPS', 'LGORT', 'DeliveryItem', 'Change Delivery', 'location', 'text'),
	('FAKTBELEG', 'VBRK', 'FKDAT', 'Invoice', 'Change Invoice', 'invoice_date', 'date'),
	('FAKTBELEG', 'VBRK', 'ZTERM', 'Invoice', 'Change Invoice', 'payment_terms', 'text')
) AS t(class, tabname, field, type, activity, attribute, form);

CREATE MACRO value_in(form, x) AS CASE form
	WHEN 'date' THEN CAST(day_of(x) AS VARCHAR) WHEN 'number' THEN plain(number_of(x)) WHEN 'id' THEN id_of(x) ELSE x END;

CREATE TEMP TABLE change AS
WITH told AS (
	SELECT c.* REPLACE (value_in(w.form, c.old_value) AS old_value, value_in(w.form, c.new_value) AS new_value), w.activity, w.attribute, w.type,
	       w.field = 'EDATU' AND e.id IS NOT NULL AS asks
	FROM change_row c
	JOIN word w ON w.class = c.class AND w.tabname = c.tabname AND w.field = c.field
	-- lines that ask for a day and promise nothing
	LEFT JOIN (SELECT id FROM schedule_line WHERE quantity <> 0 AND confirmed_date IS NULL) e ON e.id = c.document || '/' || c.position || '/' || c.line
	WHERE c.indicator = 'U' AND c.document NOT IN (SELECT id FROM sales_document WHERE NOT is_order)
)
SELECT 'change/' || source_key AS key,
       CASE WHEN field = 'ABGRU' AND new_value IS NULL THEN 'Restore Item' WHEN asks THEN 'Change Requested Date' ELSE activity END AS activity,
       CASE WHEN asks THEN 'requested_date' ELSE attribute END AS attribute, CASE WHEN asks THEN 'SalesOrderItem' ELSE type END AS type,
       CASE WHEN type IN ('SalesOrderItem', 'DeliveryItem') OR asks THEN document || '/' || position WHEN type = 'ScheduleLine' THEN document || '/' || position || '/' || line ELSE document END AS id,
       document, position, old_value, new_value, time, precision, "user", transaction, sequence, source_key
FROM told WHERE old_value IS DISTINCT FROM new_value;

-- Blocks -------------------------------------------------------------------------

-- The fields that stop a document now. A document, line or delivery has one block
-- of a kind, however often it was set.
CREATE TEMP TABLE stop_now AS
SELECT 'SalesOrder' AS type, id, 'delivery' AS kind, 'LIFSK' AS field, delivery_block AS value, created_at, precision, creator FROM sales_document WHERE is_order
UNION ALL SELECT 'SalesOrder', id, 'billing', 'FAKSK', billing_block, created_at, precision, creator FROM sales_document WHERE is_order
UNION ALL SELECT 'SalesOrder', id, 'credit', 'CMGST', credit_status, created_at, precision, creator FROM sales_document WHERE is_order
UNION ALL SELECT 'SalesOrderItem', id, 'billing', 'FAKSP', billing_block, created_at, precision, creator FROM sales_item
UNION ALL SELECT 'ScheduleLine', id, 'delivery', 'LIFSP', delivery_block, created_at, precision, creator FROM schedule_line
UNION ALL SELECT 'Delivery', id, 'delivery', 'LIFSK', delivery_block, created_at, precision, creator FROM delivery
UNION ALL SELECT 'Delivery', id, 'billing', 'FAKSK', billing_block, created_at, precision, creator FROM delivery
UNION ALL SELECT 'Delivery', id, 'credit', 'CMGST', credit_status, created_at, precision, creator FROM delivery;

-- B not approved and C partly released stop; A approved and D released do not.
CREATE MACRO stops(field, x) AS CASE WHEN field <> 'CMGST' OR x IN ('B', 'C') THEN x END;

CREATE TEMP TABLE stop_change AS
SELECT CASE WHEN class = 'LIEFERUNG' THEN 'Delivery' WHEN tabname = 'VBAP' THEN 'SalesOrderItem' WHEN tabname = 'VBEP' THEN 'ScheduleLine' ELSE 'SalesOrder' END AS type,
       document || CASE WHEN tabname IN ('VBAP', 'VBEP') THEN '/' || position ELSE '' END || CASE WHEN tabname = 'VBEP' THEN '/' || line ELSE '' END AS id,
       field, stops(field, old_value) AS old_value, stops(field, new_value) AS new_value, time, precision, "user", transaction, sequence, source_key
FROM change_row
WHERE indicator = 'U' AND (class, tabname, field) IN (
	('VERKBELEG', 'VBAK', 'LIFSK'), ('VERKBELEG', 'VBAK', 'FAKSK'), ('VERKBELEG', 'VBAK', 'CMGST'), ('VERKBELEG', 'VBUK', 'CMGST'),
	('VERKBELEG', 'VBAP', 'FAKSP'), ('VERKBELEG', 'VBEP', 'LIFSP'),
	('LIEFERUNG', 'LIKP', 'LIFSK'), ('LIEFERUNG', 'LIKP', 'FAKSK'), ('LIEFERUNG', 'LIKP', 'CMGST'), ('LIEFERUNG', 'VBUK', 'CMGST'));

-- A block that is there when the document is saved leaves no change document:
-- it is the old value of the first change, which may be empty, else the value now.
CREATE TEMP TABLE stop AS
WITH first_change AS (
	SELECT type, id, field, old_value FROM stop_change
	QUALIFY row_number() OVER (PARTITION BY type, id, field ORDER BY time, sequence) = 1
)
SELECT n.type || ' ' || n.id || ' ' || n.kind AS block, n.type, n.id, n.kind, n.field, n.created_at, n.precision, n.creator,
       CASE WHEN f.id IS NULL THEN stops(n.field, n.value) ELSE f.old_value END AS at_creation
FROM stop_now n LEFT JOIN first_change f ON f.type = n.type AND f.id = n.id AND f.field = n.field;

CREATE TEMP TABLE stop_event AS
SELECT 'block/' || block || '/created' AS key, 'Set ' || upper(kind[1]) || kind[2:] || ' Block' AS activity, block, type, id, kind, NULL AS old_value, at_creation AS reason, created_at AS time, precision,
       creator AS "user", NULL AS transaction, 0::BIGINT AS sequence, NULL AS source_table, NULL AS source_key
FROM stop WHERE at_creation IS NOT NULL
UNION ALL
SELECT 'block/' || c.source_key, CASE WHEN c.new_value IS NULL THEN 'Release ' ELSE 'Set ' END || upper(s.kind[1]) || s.kind[2:] || ' Block', s.block, s.type, s.id, s.kind, c.old_value, c.new_value, c.time, c.precision,
       c."user", c.transaction, c.sequence, 'CDPOS', c.source_key
FROM stop_change c JOIN stop s ON s.type = c.type AND s.id = c.id AND s.field = c.field
WHERE (c.old_value IS NULL) <> (c.new_value IS NULL);

-- An order is handed to fulfilment when it is saved or, if credit or delivery is
-- blocked then or later, when the last of these blocks goes: SAP has no act of its own for it.
CREATE TEMP TABLE released AS
WITH blocks AS (
	SELECT id, block, arg_max(activity, (time, sequence)) AS last, max(time) AS time, arg_max(precision, (time, sequence)) AS precision, max(sequence) AS sequence
	FROM stop_event WHERE type = 'SalesOrder' AND kind IN ('credit', 'delivery') GROUP BY ALL
),
last AS (
	SELECT id, bool_and(last LIKE 'Release %') AS is_free, max(time) AS time, arg_max(precision, (time, block)) FILTER (time IS NOT NULL) AS precision, arg_max(sequence, (time, block)) FILTER (time IS NOT NULL) AS sequence FROM blocks GROUP BY ALL
)
SELECT d.id, coalesce(l.time, d.created_at) AS time, coalesce(l.precision, d.precision) AS precision, coalesce(l.sequence, 0) AS sequence, d.source_key
FROM sales_document d LEFT JOIN last l ON l.id = d.id
WHERE d.is_order AND coalesce(l.is_free, TRUE);
