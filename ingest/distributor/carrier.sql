-- What did the carriers report, in the words of the order-to-cash model?
--
-- What it relies on:
-- * "DEL-" stands before the delivery number.
-- * An event may come twice, late and out of order: what is the same counts once, as it came first.
--   A delivery is delivered once.
-- * That goods left is known from the warehouse; what they pass on the way is no step of ours and stays in the table.

CREATE MACRO document(number) AS CASE WHEN length(ltrim(number, '0')) < 10 THEN lpad(ltrim(number, '0'), 10, '0') ELSE ltrim(number, '0') END;

CREATE VIEW reported AS
SELECT event_id, carrier, status, location, event_time, received_at, document(regexp_extract(delivery_reference, '[0-9]+')) AS delivery
FROM tracking_event
WHERE event_time IS NOT NULL AND regexp_matches(delivery_reference, '[0-9]')
QUALIFY row_number() OVER (PARTITION BY carrier, consignment_no, delivery_reference, status, event_time, location ORDER BY received_at, event_id) = 1;

CREATE VIEW event AS
SELECT event_id AS key, CASE status WHEN 'DELIVERED' THEN 'Proof of Delivery' WHEN 'REFUSED' THEN 'Refuse Delivery' ELSE 'Transport Exception' END AS activity,
       event_time AS time, carrier AS resource, 'interface' AS actor_kind, 'tracking_event' AS source_table, event_id AS source_key, received_at, location
FROM reported
WHERE status IN ('DELIVERED', 'REFUSED', 'EXCEPTION')
QUALIFY status <> 'DELIVERED' OR row_number() OVER (PARTITION BY delivery, status ORDER BY received_at, event_id) = 1;

CREATE VIEW event_object AS
SELECT e.key AS event_key, 'Delivery' AS type, r.delivery AS id, 'on' AS qualifier FROM event e JOIN reported r ON r.event_id = e.key;
