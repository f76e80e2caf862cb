-- What did the carriers answer and report, in the words of the order-to-cash model?
--
-- What it relies on:
-- * The same report may come twice under another event_id, late, and out of order: what is the same counts once, as it
--   came first. A delivery is delivered once.
-- * event says what it was; where it is empty, the code does: by carrier_code, else as X12 214 (AT7) has it.
-- * What goods pass on the way is no step of ours and stays in the table.

CREATE VIEW x12_code AS
FROM (VALUES
	('AF', 'depart'), ('X1', 'arrive'), ('D1', 'deliver'), ('A7', 'refuse'),
	('SD', 'exception'), ('A9', 'exception'), ('AH', 'exception'),
	('X3', 'transit'), ('CP', 'transit'), ('AM', 'transit'), ('X4', 'transit'), ('P1', 'transit'), ('X6', 'transit'), ('X2', 'transit'), ('AG', 'transit')
) AS t(code, event);

CREATE VIEW step AS
FROM (VALUES
	('tender', 'Tender Transport', 1), ('accept', 'Accept Tender', 1), ('reject', 'Reject Tender', 1),
	('depart', 'Start Transport', 1), ('arrive', 'End Transport', 1), ('deliver', 'Proof of Delivery', 0), ('refuse', 'Refuse Delivery', 1),
	('exception', 'Transport Exception', 1)
) AS t(event, activity, again);

CREATE VIEW report AS
SELECT e.* EXCLUDE (event), lower(trim(coalesce(e.event, c.event, every.event, x.event))) AS event,
       coalesce(e.event_time, e.local_time AT TIME ZONE coalesce(e.zone, source_zone()), midnight(e.event_day)) AS time,
       CASE WHEN e.event_time IS NULL AND e.local_time IS NULL THEN 'day' ELSE 'exact' END AS precision,
       own(plain(concat_ws('/', e.carrier, e.consignment_no))) AS shipment
FROM carrier_event e
LEFT JOIN carrier_code c ON c.carrier = e.carrier AND c.code = e.code
LEFT JOIN carrier_code every ON every.carrier = '*' AND every.code = e.code
LEFT JOIN x12_code x ON x.code = upper(trim(e.code));

-- References --------------------------------------------------------------------

CREATE VIEW reference AS
SELECT 'carrier_event' AS source_type, plain(delivery_no) AS source_id, 'on' AS qualifier, 'Delivery' AS target_type, min(delivery_no) AS key,
       'number' AS attribute, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, NULL::VARCHAR AS customer
FROM report WHERE delivery_no IS NOT NULL GROUP BY plain(delivery_no)
UNION ALL
SELECT 'carrier_event', plain(order_no), 'on', 'SalesOrder', min(order_no), 'number', NULL, NULL, NULL
FROM report WHERE order_no IS NOT NULL AND delivery_no IS NULL GROUP BY plain(order_no)
UNION ALL
SELECT 'carrier_event', plain(load_no), 'on', 'Shipment', min(load_no), 'number', NULL, NULL, NULL
FROM report WHERE load_no IS NOT NULL GROUP BY plain(load_no);

CREATE VIEW link AS FROM resolve('reference');

-- The shipment is the one that the warehouse knows, where the carrier quotes its number.
CREATE VIEW told AS
SELECT r.*, d.target_id AS delivery, o.target_id AS sales_order, coalesce(l.target_id, CASE WHEN r.consignment_no IS NOT NULL THEN r.shipment END) AS shipment_id, l.target_id IS NULL AS is_ours
FROM report r
LEFT JOIN link d ON d.target_type = 'Delivery' AND d.source_id = plain(r.delivery_no)
LEFT JOIN link o ON o.target_type = 'SalesOrder' AND o.source_id = CASE WHEN r.delivery_no IS NULL THEN plain(r.order_no) END
LEFT JOIN link l ON l.target_type = 'Shipment' AND l.source_id = plain(r.load_no);

CREATE VIEW done AS
SELECT t.*, s.activity, s.again
FROM told t JOIN step s ON s.event = t.event
WHERE t.time IS NOT NULL AND (t.delivery IS NOT NULL OR t.sales_order IS NOT NULL OR t.shipment_id IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY t.carrier, t.shipment_id, t.delivery, t.sales_order, s.activity, CASE s.again WHEN 1 THEN t.time END, CASE s.again WHEN 1 THEN t.place END
                           ORDER BY t.received_at NULLS LAST, t.time, t.event_id) = 1;

-- Objects, events, relations ------------------------------------------------------

CREATE VIEW object_Shipment AS
SELECT shipment_id AS id, 'carrier_event' AS source_table, min(event_id) AS source_key, min(consignment_no) AS number, min(carrier) AS carrier,
       arg_max(estimated_arrival, (coalesce(received_at, time), event_id)) FILTER (estimated_arrival IS NOT NULL) AS planned_arrival
FROM told WHERE is_ours AND shipment_id IS NOT NULL GROUP BY shipment_id;

CREATE VIEW event AS
SELECT d.event_id AS key, d.activity, d.time, d.precision, coalesce(a.user_name, d."user", d.carrier) AS resource,
       CASE WHEN d.event = 'tender' THEN coalesce(lower(d.user_kind), a.kind, 'unknown') ELSE 'interface' END AS actor_kind,
       'carrier_event' AS source_table, d.event_id AS source_key, d.received_at, d.code, d.reason_code, d.place
FROM done d LEFT JOIN actor a ON a.user_key = user_key(d."user");

CREATE VIEW event_object AS
SELECT event_id AS event_key, 'Delivery' AS type, delivery AS id, 'on' AS qualifier FROM done WHERE delivery IS NOT NULL
UNION ALL
SELECT event_id, 'SalesOrder', sales_order, 'on' FROM done WHERE sales_order IS NOT NULL
UNION ALL
SELECT event_id, 'Shipment', shipment_id, 'on' FROM done WHERE shipment_id IS NOT NULL;

CREATE VIEW object_object AS
SELECT DISTINCT 'Delivery' AS source_type, delivery AS source_id, 'Shipment' AS target_type, shipment_id AS target_id, 'shipped with' AS qualifier
FROM told WHERE delivery IS NOT NULL AND shipment_id IS NOT NULL AND is_ours;
