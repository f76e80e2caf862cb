-- Which business messages came and went, in the words of the order-to-cash model?
--
-- What it relies on:
-- * One row a message, whatever the number of attempts; the same content under another id is another message.
-- * document_no is ours, as the partner writes it, once it is known; finance's own numbers are written as finance does. Until then an order is found by the
--   customer's order number, where that leads to one order.

CREATE MACRO document(number) AS CASE WHEN length(ltrim(number, '0')) < 10 THEN lpad(ltrim(number, '0'), 10, '0') ELSE ltrim(number, '0') END;

-- Orders by the customer's own number, where it is that of one order only.
CREATE VIEW purchase AS
SELECT s.customer_reference AS po_number, min(o.id) AS order_no
FROM main.object o JOIN objects."SalesOrder" s USING (object)
WHERE s.customer_reference IS NOT NULL AND coalesce(s.kind, 'order') <> 'return'
GROUP BY ALL HAVING count(*) = 1;

-- again: the same content came before.
CREATE VIEW concerned AS
SELECT m.*, row_number() OVER (PARTITION BY m.direction, m.kind, m.partner, m.business_key, m.payload_hash ORDER BY m.received_ms, m.message_id) > 1 AS again,
       CASE WHEN m.kind IN ('ORDERS', 'ORDRSP', 'ORDCHG') THEN 'SalesOrder' WHEN m.kind = 'DESADV' THEN 'Delivery'
                 WHEN m.kind = 'INVOIC' THEN 'Invoice' WHEN m.kind = 'REMADV' THEN 'Receipt' END AS type,
       CASE WHEN m.kind = 'REMADV' THEN m.document_no
            WHEN regexp_matches(m.document_no, '[0-9]') THEN document(regexp_extract(m.document_no, '[0-9]+'))
            WHEN m.kind IN ('ORDERS', 'ORDRSP', 'ORDCHG') THEN p.order_no END AS document
FROM message m LEFT JOIN purchase p ON p.po_number = m.business_key;

CREATE VIEW actor AS
SELECT o.id AS user_name, u.kind FROM main.object o JOIN objects."User" u USING (object);

-- A message that a person closes and types in is not tried again.
CREATE VIEW happened AS
SELECT 'attempt/' || message_id || '/' || attempt_no AS key, CASE attempt_no WHEN 1 THEN 'Message Sent' ELSE 'Message Retried' END AS activity,
       epoch_ms(started_ms) AS time, started_by, 'Message' AS type, message_id AS id, attempt_no AS sequence,
       'message_attempt' AS source_table, message_id || '/' || attempt_no AS source_key
FROM message_attempt WHERE error_code IS DISTINCT FROM 'MANUAL'
UNION ALL BY NAME
SELECT 'result/' || message_id || '/' || attempt_no AS key, CASE result WHEN 'OK' THEN 'Message Processed' ELSE 'Message Failed' END AS activity,
       epoch_ms(ended_ms) AS time, 'SYSTEM' AS started_by, 'Message' AS type, message_id AS id, attempt_no AS sequence,
       'message_attempt' AS source_table, message_id || '/' || attempt_no AS source_key, error_code
FROM message_attempt
UNION ALL BY NAME
SELECT 'acknowledged/' || message_id AS key, 'Message Acknowledged' AS activity, epoch_ms(acknowledged_ms) AS time, 'SYSTEM' AS started_by,
       'Message' AS type, message_id AS id, 'message' AS source_table, message_id AS source_key
FROM message
UNION ALL BY NAME
-- the order arrives with the first message that brings it. What the shop brings is the shop's to say, but not what
-- came twice and was made an order twice.
SELECT 'po/' || document AS key, 'Receive PO' AS activity, epoch_ms(min(received_ms)) AS time, 'SYSTEM' AS started_by,
       'SalesOrder' AS type, document AS id, 'message' AS source_table, arg_min(message_id, (received_ms, message_id)) AS source_key
FROM concerned WHERE kind = 'ORDERS' AND direction = 'IN' AND (channel = 'EDI' OR again AND document_no IS NOT NULL) AND document IS NOT NULL GROUP BY document;

CREATE VIEW event AS
SELECT key, activity, time, sequence, CASE WHEN name_kind(started_by) <> 'scheduler' THEN started_by END AS resource,
       CASE WHEN name_kind(started_by) = 'scheduler' THEN 'interface' ELSE coalesce(a.kind, 'unknown') END AS actor_kind,
       source_table, source_key, error_code
FROM happened h LEFT JOIN actor a ON a.user_name = h.started_by
WHERE time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier FROM happened WHERE time IS NOT NULL
UNION ALL
SELECT h.key, 'Message', h.source_key, 'by' FROM happened h WHERE h.activity = 'Receive PO' AND h.time IS NOT NULL;

CREATE VIEW object_Message AS
SELECT message_id AS id, 'message' AS source_table, message_id AS source_key, message_id AS number, lower(direction) AS direction,
       CASE kind WHEN 'ORDERS' THEN 'order' WHEN 'ORDRSP' THEN 'order_response' WHEN 'ORDCHG' THEN 'order_change' WHEN 'DESADV' THEN 'despatch_advice'
                 WHEN 'INVOIC' THEN 'invoice' WHEN 'REMADV' THEN 'remittance' END AS kind,
       lower(channel) AS channel, partner, business_key, payload_hash, epoch_ms(occurred_ms) AS occurred_at, closed_unposted = 'Y' AS closed_unposted, owner
FROM message;

CREATE VIEW object_object AS
SELECT 'Message' AS source_type, message_id AS source_id, type AS target_type, document AS target_id, 'concerns' AS qualifier
FROM concerned WHERE type IS NOT NULL AND document IS NOT NULL;
