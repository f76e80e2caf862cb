-- What happened in the warehouses, in the words of the order-to-cash model?
--
-- What it relies on:
-- * Times are the site's local time; delivery numbers lack their leading zeros.
-- * A badge number is a person, SYSTEM is nobody. Other users are those of the ERP.
-- * A row is a line's; what was done to a delivery in one go is one event that touches its lines.

-- A document number in the ERP's form: ten digits.
CREATE MACRO document(number) AS CASE WHEN length(ltrim(number, '0')) < 10 THEN lpad(ltrim(number, '0'), 10, '0') ELSE ltrim(number, '0') END;

CREATE MACRO instant(local, warehouse) AS CASE warehouse WHEN 'LDS1' THEN local AT TIME ZONE 'Europe/London'
	WHEN 'VIE1' THEN local AT TIME ZONE 'Europe/Vienna' ELSE local AT TIME ZONE 'Europe/Berlin' END;

CREATE VIEW actor AS
SELECT o.id AS user_name, u.kind FROM main.object o JOIN objects."User" u USING (object);

-- Stock reserved for a line, and given up again. What is
-- reserved for a delivery at one instant is one act.
CREATE VIEW reserved AS
SELECT 'allocate/' || document(delivery_ref) || '/' || epoch_us(allocated_at) AS allocated,
       'deallocate/' || document(delivery_ref) || '/' || epoch_us(deallocated_at) AS deallocated,
       allocation_no, document(delivery_ref) AS delivery, document(delivery_ref) || '/' || delivery_item AS item, batch, location, quantity,
       instant(allocated_at, warehouse) AS allocated_at, allocated_by, instant(deallocated_at, warehouse) AS deallocated_at, deallocated_by
FROM allocation;

CREATE VIEW task AS
SELECT pick_no, wave_no, document(delivery_ref) AS delivery, document(delivery_ref) || '/' || delivery_item AS item, location, picked_by,
       target_quantity, picked_quantity, short_reason,
       instant(started_at, warehouse) AS started_at, instant(finished_at, warehouse) AS finished_at
FROM pick;

-- Events ------------------------------------------------------------------------

CREATE VIEW happened AS
SELECT allocated AS key, 'Allocate Stock' AS activity, allocated_at AS time, min(allocated_by) AS user_name,
       'Delivery' AS type, delivery AS id, 'allocation' AS source_table, min(allocation_no) AS source_key
FROM reserved WHERE allocated_at IS NOT NULL GROUP BY allocated, delivery, allocated_at
UNION ALL BY NAME
SELECT deallocated AS key, 'Deallocate Stock' AS activity, deallocated_at AS time, min(deallocated_by) AS user_name,
       'Delivery' AS type, delivery AS id, 'allocation' AS source_table, min(allocation_no) AS source_key
FROM reserved WHERE deallocated_at IS NOT NULL GROUP BY deallocated, delivery, deallocated_at
UNION ALL BY NAME
SELECT 'start/' || delivery || '/' || coalesce(wave_no, '') AS key, 'Start Picking' AS activity, min(started_at) AS time, arg_min(picked_by, (started_at, pick_no)) AS user_name,
       'Delivery' AS type, delivery AS id, 'pick' AS source_table, arg_min(pick_no, (started_at, pick_no)) AS source_key
FROM task GROUP BY delivery, wave_no
UNION ALL BY NAME
-- all lines of the delivery in this wave
SELECT 'pick/' || delivery || '/' || coalesce(wave_no, '') AS key, 'Pick' AS activity, max(finished_at) AS time, arg_max(picked_by, (finished_at, pick_no)) AS user_name,
       'Delivery' AS type, delivery AS id, 'pick' AS source_table, arg_max(pick_no, (finished_at, pick_no)) AS source_key
FROM task GROUP BY delivery, wave_no HAVING count(*) = count(finished_at)
UNION ALL BY NAME
-- all packages of the delivery
SELECT 'pack/' || document(delivery_ref) AS key, 'Pack' AS activity, max(instant(packed_at, warehouse)) AS time, arg_max(packed_by, (packed_at, package_no)) AS user_name,
       'Delivery' AS type, document(delivery_ref) AS id, 'package' AS source_table, arg_max(package_no, (packed_at, package_no)) AS source_key
FROM package GROUP BY document(delivery_ref)
UNION ALL BY NAME
SELECT 'depart/' || shipment_no AS key, 'Start Transport' AS activity, instant(departed_at, warehouse) AS time, NULL AS user_name,
       'Shipment' AS type, shipment_no AS id, 'shipment' AS source_table, shipment_no AS source_key
FROM shipment;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.user_name AS resource,
       coalesce(a.kind, name_kind(h.user_name)) AS actor_kind,
       h.source_table, h.source_key
FROM happened h LEFT JOIN actor a USING (user_name)
WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier, NULL::DECIMAL(18,6) AS quantity FROM happened WHERE time IS NOT NULL
UNION ALL
SELECT allocated, 'DeliveryItem', item, 'reserves', sum(quantity) FROM reserved WHERE allocated_at IS NOT NULL GROUP BY ALL
UNION ALL
SELECT allocated, 'Allocation', allocation_no, 'creates', quantity FROM reserved WHERE allocated_at IS NOT NULL
UNION ALL
SELECT deallocated, 'DeliveryItem', item, 'gives up', sum(quantity) FROM reserved WHERE deallocated_at IS NOT NULL GROUP BY ALL
UNION ALL
SELECT deallocated, 'Allocation', allocation_no, 'ends', quantity FROM reserved WHERE deallocated_at IS NOT NULL
UNION ALL
SELECT 'start/' || delivery || '/' || coalesce(wave_no, ''), 'DeliveryItem', arg_min(item, (started_at, pick_no)), 'starts with', NULL
FROM task WHERE started_at IS NOT NULL GROUP BY delivery, wave_no
UNION ALL
SELECT 'pick/' || t.delivery || '/' || coalesce(t.wave_no, ''), 'DeliveryItem', t.item, 'picks', sum(t.picked_quantity)
FROM task t SEMI JOIN happened h ON h.key = 'pick/' || t.delivery || '/' || coalesce(t.wave_no, '') GROUP BY ALL
UNION ALL
SELECT 'pick/' || t.delivery || '/' || coalesce(t.wave_no, ''), 'WarehouseTask', t.pick_no, 'ends', t.picked_quantity
FROM task t SEMI JOIN happened h ON h.key = 'pick/' || t.delivery || '/' || coalesce(t.wave_no, '')
UNION ALL
SELECT 'depart/' || s.shipment_no, 'Delivery', document(d.delivery_ref), 'carries', NULL
FROM shipment s JOIN shipment_delivery d USING (shipment_no) WHERE s.departed_at IS NOT NULL;

-- Objects -----------------------------------------------------------------------

CREATE VIEW object_Allocation AS
SELECT r.allocation_no AS id, 'allocation' AS source_table, r.allocation_no AS source_key, r.quantity, r.batch, r.location,
       CASE WHEN r.deallocated_at IS NOT NULL THEN 'cancelled' ELSE 'reserved' END AS status
FROM reserved r;

CREATE VIEW object_WarehouseTask AS
SELECT pick_no AS id, 'pick' AS source_table, pick_no AS source_key, target_quantity, picked_quantity AS actual_quantity, location FROM task;

CREATE VIEW object_Shipment AS
SELECT shipment_no AS id, 'shipment' AS source_table, shipment_no AS source_key, consignment_no AS number, carrier,
       instant(planned_arrival, warehouse) AS planned_arrival
FROM shipment;

-- Relations -----------------------------------------------------------------------

CREATE VIEW object_object AS
SELECT 'Allocation' AS source_type, allocation_no AS source_id, 'Delivery' AS target_type, delivery AS target_id, 'part of' AS qualifier, NULL::DECIMAL(18,6) AS quantity FROM reserved
UNION ALL
SELECT 'Allocation', allocation_no, 'DeliveryItem', item, 'reserves for', quantity FROM reserved
UNION ALL
SELECT 'WarehouseTask', pick_no, 'DeliveryItem', item, 'picks', picked_quantity FROM task
UNION ALL
SELECT 'Delivery', document(delivery_ref), 'Shipment', shipment_no, 'shipped with', NULL FROM shipment_delivery;
