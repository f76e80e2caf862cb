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

-- Some carriers know the day and no time of it: they write midnight of the place, when nothing is delivered.
CREATE MACRO is_day(instant) AS CAST(instant AT TIME ZONE 'Europe/Berlin' AS TIME) = TIME '00:00:00' OR CAST(instant AT TIME ZONE 'Europe/London' AS TIME) = TIME '00:00:00';

CREATE VIEW event AS
SELECT event_id AS key, CASE status WHEN 'DELIVERED' THEN 'Proof of Delivery' WHEN 'REFUSED' THEN 'Refuse Delivery' ELSE 'Transport Exception' END AS activity,
       CASE WHEN NOT is_day(event_time) THEN event_time
            -- a day is a day: at midnight UTC, whatever the place
            WHEN CAST(event_time AT TIME ZONE 'Europe/Berlin' AS TIME) = TIME '00:00:00' THEN (event_time AT TIME ZONE 'Europe/Berlin') AT TIME ZONE 'UTC'
            ELSE (event_time AT TIME ZONE 'Europe/London') AT TIME ZONE 'UTC' END AS time,
       CASE WHEN is_day(event_time) THEN 'day' ELSE 'exact' END AS precision, carrier AS resource, 'interface' AS actor_kind, 'tracking_event' AS source_table, event_id AS source_key, received_at, location
FROM reported
WHERE status IN ('DELIVERED', 'REFUSED', 'EXCEPTION')
QUALIFY status <> 'DELIVERED' OR row_number() OVER (PARTITION BY delivery, status ORDER BY received_at, event_id) = 1;

CREATE VIEW event_object AS
SELECT e.key AS event_key, 'Delivery' AS type, r.delivery AS id, 'on' AS qualifier FROM event e JOIN reported r ON r.event_id = e.key;
