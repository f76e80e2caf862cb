-- What happened in the warehouse, in the words of the order-to-cash model?
--
-- What it relies on:
-- * A row is an act on a line, a task, a package or a load. What was done to a delivery in one go is one event that
--   touches its lines and tasks: picking in a wave, packing, staging, loading; of the rest, what has one time.
-- * Picking is complete when every task that was started is confirmed.
-- * A soft reservation ends where a hard one of the same line follows.

CREATE VIEW step AS
FROM (VALUES
	('import', 'Receive Warehouse Order', 'at'), ('wave', 'Plan Wave', 'at'),
	('allocate', 'Allocate Stock', 'at'), ('allocate_soft', 'Allocate Stock', 'at'), ('allocate_hard', 'Allocate Stock', 'at'),
	('deallocate', 'Deallocate Stock', 'at'), ('short_allocation', 'Short Allocation', 'at'), ('replenish', 'Replenish', 'at'),
	('pick_start', 'Start Picking', 'first'), ('pick', 'Pick', 'last'), ('short_pick', 'Pick', 'last'), ('short_pick', 'Short Pick', 'at'),
	('pack', 'Pack', 'last'), ('hold', 'Set Delivery Block', 'at'), ('release', 'Release Delivery Block', 'at'),
	('stage', 'Stage', 'last'), ('load', 'Load', 'last'), ('ship', 'Confirm Shipment', 'at'), ('depart', 'Start Transport', 'at'),
	('count', 'Adjust Stock', 'at')
) AS t(event, activity, takes);

CREATE VIEW act AS
SELECT e.* EXCLUDE (event), lower(trim(e.event)) AS event,
       coalesce(e.event_time, e.local_time AT TIME ZONE coalesce(e.zone, w.zone, source_zone()), midnight(e.event_day)) AS time,
       CASE WHEN e.event_time IS NULL AND e.local_time IS NULL THEN 'day' ELSE 'exact' END AS precision,
       CASE WHEN e.delivery_no IS NOT NULL THEN 'Delivery' WHEN e.order_no IS NOT NULL THEN 'SalesOrder' END AS type,
       coalesce(e.delivery_no, e.order_no) AS document_no, plain(coalesce(e.delivery_no, e.order_no)) AS document,
       plain(concat(coalesce(e.delivery_no, e.order_no), '/', e.line)) AS item, coalesce(e.wave, '') AS wave_no
FROM warehouse_event e LEFT JOIN warehouse w ON w.warehouse = e.warehouse;

CREATE VIEW unconfirmed AS
SELECT type, document, wave_no FROM act
WHERE task_id IS NOT NULL AND event IN ('pick_start', 'pick', 'short_pick')
GROUP BY type, document, wave_no, task_id HAVING NOT bool_or(event <> 'pick_start');

CREATE VIEW done AS
SELECT a.*, s.activity, s.takes,
       concat_ws('/', s.activity, coalesce(a.type || ' ' || a.document, 'Shipment ' || plain(a.load_no), a.event_id),
                 CASE s.takes WHEN 'at' THEN epoch_us(a.time)::VARCHAR ELSE a.wave_no END) AS key
FROM act a JOIN step s ON s.event = a.event
WHERE a.time IS NOT NULL
  AND NOT (s.activity = 'Pick' AND EXISTS (FROM unconfirmed u WHERE u.type = a.type AND u.document = a.document AND u.wave_no = a.wave_no));

-- References --------------------------------------------------------------------

CREATE VIEW reference AS
SELECT 'warehouse_event' AS source_type, document AS source_id, 'on' AS qualifier, type AS target_type, min(document_no) AS key,
       'number' AS attribute, NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, NULL::VARCHAR AS customer
FROM act WHERE document IS NOT NULL GROUP BY type, document
UNION ALL
SELECT 'warehouse_event', item, 'on', CASE type WHEN 'Delivery' THEN 'DeliveryItem' ELSE 'SalesOrderItem' END, min(document_no || '/' || line), 'position', NULL, NULL, NULL
FROM act WHERE document IS NOT NULL AND line IS NOT NULL GROUP BY type, item
UNION ALL
SELECT 'warehouse_event', plain(material_no), 'on', 'Material', min(material_no), 'number', NULL, NULL, NULL
FROM act WHERE event = 'count' AND material_no IS NOT NULL GROUP BY plain(material_no)
UNION ALL
SELECT 'Shipment', own(plain(load_no)), 'shipped with', 'Delivery', min(delivery_no), 'number', NULL, NULL, NULL
FROM act WHERE load_no IS NOT NULL AND delivery_no IS NOT NULL GROUP BY plain(load_no), document;

CREATE VIEW link AS FROM resolve('reference');

-- What each row touches of other systems.
CREATE VIEW meant AS
SELECT a.event_id, l.target_type AS type, l.target_id AS id, FALSE AS is_line
FROM act a JOIN link l ON l.source_type = 'warehouse_event' AND l.target_type = a.type AND l.source_id = a.document AND l.target_id IS NOT NULL
UNION ALL
SELECT a.event_id, l.target_type, l.target_id, TRUE
FROM act a JOIN link l ON l.source_type = 'warehouse_event' AND l.target_type = a.type || 'Item' AND l.source_id = a.item AND l.target_id IS NOT NULL
WHERE a.line IS NOT NULL
UNION ALL
SELECT a.event_id, l.target_type, l.target_id, FALSE
FROM act a JOIN link l ON l.source_type = 'warehouse_event' AND l.target_type = 'Material' AND l.source_id = plain(a.material_no) AND l.target_id IS NOT NULL
WHERE a.event = 'count';

-- Objects -----------------------------------------------------------------------

CREATE VIEW reserved AS
SELECT a.*, own(a.event_id) AS id,
       EXISTS (FROM act d WHERE d.event = 'deallocate' AND d.type = a.type AND d.item IS NOT DISTINCT FROM a.item AND d.time >= a.time)
       OR a.event = 'allocate_soft' AND EXISTS (FROM act h WHERE h.event IN ('allocate', 'allocate_hard') AND h.type = a.type AND h.item IS NOT DISTINCT FROM a.item) AS is_over
FROM act a WHERE a.event IN ('allocate', 'allocate_soft', 'allocate_hard');

CREATE VIEW object_Allocation AS
SELECT id, 'warehouse_event' AS source_table, event_id AS source_key, coalesce(actual_quantity, expected_quantity) AS quantity, unit, batch, location,
       CASE WHEN is_over THEN 'cancelled' WHEN event = 'allocate_soft' THEN 'soft' ELSE 'reserved' END AS status
FROM reserved;

CREATE VIEW object_WarehouseTask AS
SELECT own(task_id) AS id, 'warehouse_event' AS source_table, min(event_id) AS source_key, max(expected_quantity) AS target_quantity,
       sum(actual_quantity) FILTER (event <> 'pick_start') AS actual_quantity, min(unit) AS unit, min(location) AS location
FROM act WHERE task_id IS NOT NULL AND event IN ('pick_start', 'pick', 'short_pick') GROUP BY task_id;

CREATE VIEW object_Shipment AS
SELECT own(plain(load_no)) AS id, 'warehouse_event' AS source_table, min(event_id) AS source_key, coalesce(min(consignment_no), min(load_no)) AS number,
       min(carrier) AS carrier, max(planned_arrival) AS planned_arrival
FROM act WHERE load_no IS NOT NULL GROUP BY plain(load_no);

CREATE VIEW object_Block AS
SELECT own('hold/' || document) AS id, 'warehouse_event' AS source_table, min(event_id) AS source_key, 'delivery' AS kind, arg_min(reason, (time, event_id)) AS reason
FROM act WHERE event = 'hold' AND document IS NOT NULL GROUP BY document;

-- Events ------------------------------------------------------------------------

CREATE VIEW touched AS
SELECT d.key, m.type, m.id, CASE WHEN m.is_line THEN 'line' ELSE 'on' END AS qualifier,
       CASE WHEN m.is_line OR m.type = 'Material' THEN CASE WHEN d.event = 'count' THEN d.actual_quantity - coalesce(d.expected_quantity, 0) ELSE coalesce(d.actual_quantity, d.expected_quantity) END END AS quantity
FROM done d JOIN meant m USING (event_id)
UNION ALL
SELECT d.key, 'WarehouseTask', own(d.task_id), CASE d.activity WHEN 'Start Picking' THEN 'begins' ELSE 'ends' END, d.actual_quantity
FROM done d SEMI JOIN object_WarehouseTask t ON t.id = own(d.task_id) WHERE d.activity IN ('Start Picking', 'Pick')
UNION ALL
SELECT d.key, 'Allocation', own(d.event_id), 'creates', coalesce(d.actual_quantity, d.expected_quantity) FROM done d WHERE d.activity = 'Allocate Stock'
UNION ALL
SELECT d.key, 'Shipment', own(plain(d.load_no)), 'on', NULL FROM done d WHERE d.load_no IS NOT NULL AND d.activity IN ('Load', 'Confirm Shipment', 'Start Transport')
UNION ALL
SELECT d.key, 'Block', own('hold/' || d.document), 'on', NULL
FROM done d SEMI JOIN object_Block b ON b.id = own('hold/' || d.document) WHERE d.event IN ('hold', 'release');

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, qualifier, sum(quantity) AS quantity FROM touched GROUP BY ALL;

-- What touches nothing that anybody knows is no event: link says what it refers to.
CREATE VIEW event AS
SELECT d.key, d.activity, d.time, d.precision, coalesce(a.user_name, d."user", d.device) AS resource, coalesce(lower(d.user_kind), a.kind, 'unknown') AS actor_kind,
       'warehouse_event' AS source_table, d.event_id AS source_key, d.transmitted_at, d.wave, d.carton, d.reason,
       CASE d.event WHEN 'allocate_soft' THEN 'soft' WHEN 'allocate_hard' THEN 'hard' END AS allocation
FROM done d SEMI JOIN touched t ON t.key = d.key
LEFT JOIN actor a ON a.user_key = user_key(d."user")
QUALIFY row_number() OVER (PARTITION BY d.key ORDER BY CASE d.takes WHEN 'first' THEN epoch_us(d.time) ELSE -epoch_us(d.time) END, d.event_id) = 1;

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'Delivery' AS source_type, target_id AS source_id, 'Shipment' AS target_type, source_id AS target_id, 'shipped with' AS qualifier, NULL::DECIMAL(18,6) AS quantity
FROM link WHERE source_type = 'Shipment' AND target_id IS NOT NULL
UNION ALL
SELECT 'Allocation', r.id, m.type, m.id, CASE WHEN m.is_line THEN 'reserves for' ELSE 'part of' END, CASE WHEN m.is_line THEN coalesce(r.actual_quantity, r.expected_quantity) END
FROM reserved r JOIN meant m USING (event_id) WHERE m.is_line OR m.type = 'Delivery'
UNION ALL
SELECT 'WarehouseTask', own(a.task_id), 'DeliveryItem', m.id, 'picks', sum(a.actual_quantity) FILTER (a.event <> 'pick_start')
FROM act a JOIN meant m USING (event_id) WHERE m.type = 'DeliveryItem' AND a.task_id IS NOT NULL AND a.event IN ('pick_start', 'pick', 'short_pick') GROUP BY a.task_id, m.id
UNION ALL
SELECT DISTINCT 'Block', own('hold/' || a.document), m.type, m.id, 'blocks', NULL::DECIMAL(18,6)
FROM act a JOIN meant m USING (event_id) WHERE a.event = 'hold' AND NOT m.is_line;
