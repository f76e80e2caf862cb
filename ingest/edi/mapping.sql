-- Which messages came and went, and what do they say about orders, deliveries, invoices and payments?
--
-- What it relies on:
-- * A message that is sent again after it was rejected is another attempt of the same business message; one that is sent again otherwise, a duplicate.
-- * Functional acknowledgements (997, 999, TA1, CONTRL) and application advices (824, APERAK) are what happened to the message they speak of,
--   and no messages of their own. Tests are nothing.
-- * Orders, deliveries, invoices and receipts are other sources'. A message is linked to one only if its number leads to exactly one.

-- Numbers are compared without leading zeros and whatever their case.
CREATE MACRO plain(number) AS CASE WHEN trim(number) <> '' THEN coalesce(nullif(upper(ltrim(trim(number), '0 ')), ''), '0') END;
CREATE MACRO words(text) AS regexp_extract_all(upper(text), '[A-Z0-9][A-Z0-9/._-]*');

-- We are the seller: who sends an order is the customer. partner.csv may say who we are, and then that counts.
CREATE VIEW business AS
SELECT m.* EXCLUDE (test), plain(m.interchange_control) AS interchange_no, plain(m.group_control) AS group_no, plain(m.control) AS message_no,
       CASE WHEN upper(s.ours) = 'Y' THEN 'out' WHEN upper(r.ours) = 'Y' THEN 'in'
            WHEN m.kind IN ('order', 'order_change', 'remittance', 'warehouse_advice', 'transport_response', 'transport_status') THEN 'in'
            WHEN m.kind IS NOT NULL THEN 'out' END AS direction,
       s.name AS sender_name, r.name AS receiver_name, s.customer AS sender_customer, r.customer AS receiver_customer
FROM message m LEFT JOIN partner s ON s.id = m.sender LEFT JOIN partner r ON r.id = m.receiver
WHERE NOT coalesce(m.test, FALSE) AND coalesce(m.kind, '') NOT IN ('acknowledgement', 'advice');

-- What was acknowledged? ------------------------------------------------------------

-- 997 and 999 name a group of the sender by its function and number, CONTRL and TA1 an interchange. Their numbers start over in time: if a number was used more than once, the
-- last use before the acknowledgement is meant; if that is not one alone, none.
CREATE VIEW envelope AS
SELECT standard, sender, receiver, level, number, sent_at, min(interchange_id) AS interchange_id, count(*) AS same,
       sum(count(*)) OVER (PARTITION BY standard, sender, receiver, level, number) AS uses
FROM (SELECT DISTINCT standard, sender, receiver, group_function AS level, group_no AS number, sent_at, interchange_id FROM business
      WHERE group_no IS NOT NULL AND group_function IS NOT NULL
      UNION ALL
      SELECT standard, sender, receiver, 'interchange', interchange_no, min(sent_at), interchange_id FROM business GROUP BY ALL)
GROUP BY standard, sender, receiver, level, number, sent_at;

CREATE VIEW answer AS
SELECT a.message_id AS answer_id, a.position, a.level, a.code, a.error, a.message_type, plain(a.message_control) AS message_no, plain(a.group_control) AS group_no,
       plain(a.document_number) AS document_no, k.type, k.standard, k.receiver AS sender, k.sender AS receiver, k.sent_at AS answered_at,
       CASE WHEN a.interchange_control IS NOT NULL THEN 'interchange' ELSE a.group_function END AS names, plain(coalesce(a.interchange_control, a.group_control)) AS number
FROM acknowledgement a JOIN message k USING (message_id)
WHERE NOT coalesce(k.test, FALSE);

CREATE VIEW found AS
SELECT a.*, e.interchange_id
FROM answer a JOIN envelope e
  ON e.standard = a.standard AND e.sender = a.sender AND e.receiver = a.receiver AND e.level = a.names AND e.number = a.number AND e.uses = 1
WHERE a.level <> 'document'
UNION ALL
SELECT a.*, e.interchange_id
FROM (FROM answer WHERE level <> 'document' AND answered_at IS NOT NULL) a ASOF JOIN (FROM envelope WHERE uses > 1 AND sent_at IS NOT NULL) e
  ON e.standard = a.standard AND e.sender = a.sender AND e.receiver = a.receiver AND e.level = a.names AND e.number = a.number AND a.answered_at >= e.sent_at
WHERE e.same = 1;

-- What it says of a message itself counts before what it says of the group or the interchange. A TA1 that is not R, and action 8, say that something
-- arrived, and nothing of what was in it.
CREATE VIEW verdict AS
SELECT b.message_id, f.answer_id, f.answered_at, f.code, f.error,
       CASE WHEN f.code IN ('R', 'M', 'W', 'X', '4') THEN 'rejected'
            WHEN f.type = 'TA1' OR f.code = '8' THEN 'arrived'
            WHEN f.code IN ('A', 'E', 'P', '7') THEN 'accepted' END AS verdict
FROM found f JOIN business b ON b.interchange_id = f.interchange_id
WHERE (f.group_no IS NULL OR f.group_no = b.group_no) AND f.names IN ('interchange', b.group_function)
  AND (f.level <> 'message' OR f.message_no = b.message_no AND coalesce(f.message_type, b.type) = b.type)
QUALIFY row_number() OVER (PARTITION BY b.message_id, f.answer_id
                           ORDER BY CASE f.level WHEN 'message' THEN 1 WHEN 'group' THEN 2 ELSE 3 END, f.position) = 1;

-- 824 and APERAK name a document by its number: again the last one before, or none.
CREATE VIEW documented AS
SELECT standard, sender, receiver, number, sent_at, min(message_id) AS message_id, count(*) AS same
FROM (SELECT standard, sender, receiver, sent_at, message_id, unnest(list_distinct([plain(business_key), plain(document_number)])) AS number FROM business)
WHERE number IS NOT NULL AND sent_at IS NOT NULL
GROUP BY ALL;

CREATE VIEW advice AS
SELECT d.message_id, a.answer_id, a.answered_at, a.code, a.error,
       CASE WHEN a.code IN ('TR', 'RE', '27') OR a.type = 'APERAK' AND a.error IS NOT NULL THEN 'rejected'
            WHEN a.code IN ('TA', 'TE', 'AP', 'AC', 'AD', 'CA', '28', '29', '30', '34', '44', '45') THEN 'processed' END AS verdict
FROM (FROM answer WHERE level = 'document' AND document_no IS NOT NULL AND answered_at IS NOT NULL) a ASOF JOIN documented d
  ON d.standard = a.standard AND d.sender = a.sender AND d.receiver = a.receiver AND d.number = a.document_no AND a.answered_at >= d.sent_at
WHERE d.same = 1;

CREATE VIEW result AS
SELECT message_id, verdict, min(answered_at) AS at, arg_min(answer_id, (answered_at, answer_id)) AS answer_id, arg_min(code, (answered_at, answer_id)) AS code,
       arg_min(error, (answered_at, answer_id)) AS error
FROM (FROM verdict UNION ALL FROM advice)
WHERE verdict IN ('rejected', 'accepted', 'processed')
GROUP BY ALL;

-- Attempts and duplicates -------------------------------------------------------------

-- The original of an order, an invoice, a despatch or a remittance advice that comes again under the same number is the same, whatever differs in it.
CREATE VIEW said AS
SELECT b.*, coalesce(plain(b.business_key), b.message_id) AS about, x.message_id IS NOT NULL AS rejected,
       CASE WHEN b.kind IN ('order', 'invoice', 'despatch_advice', 'remittance') AND b.business_key IS NOT NULL
             AND coalesce(plain(b.purpose), '9') IN ('0', '7', '9', '31', '35') THEN
            first_value(b.payload_hash) OVER (PARTITION BY b.sender, b.receiver, b.type, plain(b.business_key),
                                                          coalesce(plain(b.purpose), '9') IN ('0', '7', '9', '31', '35') ORDER BY b.sent_at, b.message_id)
            ELSE b.payload_hash END AS content
FROM business b LEFT JOIN (FROM result WHERE verdict = 'rejected') x USING (message_id);

CREATE VIEW sequel AS
SELECT *, coalesce(lag(rejected) OVER before, FALSE) AS retry
FROM said WINDOW before AS (PARTITION BY sender, receiver, type, about ORDER BY sent_at, message_id);

CREATE VIEW chained AS
SELECT *, count(*) FILTER (NOT retry) OVER until_now AS chain
FROM sequel WINDOW until_now AS (PARTITION BY sender, receiver, type, about ORDER BY sent_at, message_id);

CREATE VIEW attempt AS
SELECT *, first_value(message_id) OVER of_it AS object_id, row_number() OVER of_it AS attempt_no
FROM chained WINDOW of_it AS (PARTITION BY sender, receiver, type, about, chain ORDER BY sent_at, message_id);

-- What is it about? ---------------------------------------------------------------------

CREATE VIEW sales_order AS
SELECT o.id, plain(coalesce(s.number, o.id)) AS number, plain(s.customer_reference) AS reference, coalesce(s.kind, 'order') AS kind,
       list_filter(list(plain(c.id)) || list(plain(k.number)), x -> x IS NOT NULL) AS customers
FROM main.object o JOIN objects."SalesOrder" s USING (object)
LEFT JOIN main.object_object l ON l.source_object = o.object AND l.qualifier = 'sold to'
LEFT JOIN main.object c ON c.object = l.target_object
LEFT JOIN objects."Customer" k ON k.object = l.target_object
GROUP BY ALL;

-- A document of another source, by the numbers it is known by.
CREATE VIEW document AS
SELECT 'SalesOrder' AS type, id, number FROM sales_order
UNION
SELECT 'Delivery', o.id, plain(coalesce(d.number, o.id)) FROM main.object o JOIN objects."Delivery" d USING (object)
UNION
SELECT 'Invoice', o.id, plain(coalesce(i.number, o.id)) FROM main.object o JOIN objects."Invoice" i USING (object)
UNION
SELECT 'Receipt', o.id, plain(coalesce(r.number, o.id)) FROM main.object o JOIN objects."Receipt" r USING (object)
UNION
SELECT 'Receipt', o.id, plain(unnest(words(r.reference))) FROM main.object o JOIN objects."Receipt" r USING (object);

-- What a message may be about; of its questions, each is answered by the best number that leads anywhere.
CREATE VIEW question AS
SELECT message_id, 'it' AS question, 1 AS rank, 'SalesOrder' AS type, 'number' AS attribute, order_number AS number FROM business WHERE kind IN ('order_response', 'order_change', 'order')
UNION ALL
SELECT message_id, 'it', 2, 'SalesOrder', 'customer_reference', po_number FROM business WHERE kind IN ('order_response', 'order_change', 'order')
UNION ALL
SELECT message_id, 'it', 1, 'Delivery', 'number', delivery_number FROM business WHERE kind IN ('despatch_advice', 'warehouse_order', 'warehouse_advice') OR kind LIKE 'transport_%'
UNION ALL
SELECT message_id, 'it', 2, 'Delivery', 'number', document_number FROM business WHERE kind = 'despatch_advice' OR kind LIKE 'transport_%'
UNION ALL
SELECT message_id, 'it', 3, 'SalesOrder', 'number', delivery_number FROM business WHERE kind IN ('warehouse_order', 'warehouse_advice')
UNION ALL
SELECT message_id, 'it', 1, 'Invoice', 'number', document_number FROM business WHERE kind = 'invoice'
UNION ALL
SELECT message_id, 'it', 1, 'Receipt', 'number or reference', reference FROM business WHERE kind = 'remittance'
UNION ALL
SELECT r.message_id, 'line ' || r.position, 1, 'Invoice', 'number', r.document_number FROM remittance r JOIN business b USING (message_id);

CREATE VIEW candidate AS
SELECT q.message_id, q.question, q.rank, d.id
FROM question q JOIN document d ON d.type = q.type AND d.number = plain(q.number)
WHERE q.attribute <> 'customer_reference'
UNION ALL
SELECT b.message_id, q.question, q.rank, o.id
FROM question q JOIN business b USING (message_id) JOIN sales_order o ON o.reference = plain(q.number)
WHERE q.attribute = 'customer_reference' AND o.kind <> 'return'
  AND coalesce(list_contains(o.customers, plain(CASE b.direction WHEN 'out' THEN b.receiver_customer ELSE b.sender_customer END)), TRUE);

-- The answers: the best number that leads anywhere, and the best that is there if none does.
CREATE VIEW sought AS
SELECT q.message_id, q.question, q.rank, q.type, q.attribute, trim(q.number) AS key, count(DISTINCT c.id) AS matches,
       CASE WHEN count(DISTINCT c.id) = 1 THEN min(c.id) END AS id
FROM question q LEFT JOIN candidate c ON c.message_id = q.message_id AND c.question = q.question AND c.rank = q.rank
WHERE plain(q.number) IS NOT NULL
GROUP BY q.message_id, q.question, q.rank, q.type, q.attribute, q.number
QUALIFY row_number() OVER (PARTITION BY q.message_id, q.question ORDER BY count(DISTINCT c.id) = 0, q.rank) = 1;

CREATE VIEW concerned AS
SELECT message_id, question, type, id FROM sought WHERE id IS NOT NULL;

-- The own number of a report means a delivery only if it leads to one, where its statuses name deliveries.
CREATE VIEW link AS
SELECT DISTINCT 'Message' AS source_type, a.object_id AS source_id, 'concerns' AS qualifier, s.type AS target_type, s.key, s.attribute, s.id AS target_id, s.matches
FROM sought s JOIN attempt a USING (message_id)
WHERE s.matches > 0 OR s.rank = 1 OR s.message_id NOT IN (SELECT message_id FROM status WHERE plain(delivery_number) IS NOT NULL)
UNION ALL
SELECT 'status', n.number, 'on', 'Delivery', n.key, 'number', CASE WHEN count(DISTINCT d.id) = 1 THEN min(d.id) END, count(DISTINCT d.id)
FROM (SELECT plain(s.delivery_number) AS number, min(trim(s.delivery_number)) AS key FROM status s JOIN business b USING (message_id)
      WHERE plain(s.delivery_number) IS NOT NULL GROUP BY ALL) n
LEFT JOIN document d ON d.type = 'Delivery' AND d.number = n.number
GROUP BY n.number, n.key;

-- Events --------------------------------------------------------------------------------

CREATE VIEW transport AS
SELECT * FROM (VALUES
	('X12', 'AF', 'Start Transport'), ('X12', 'X1', 'End Transport'), ('X12', 'D1', 'Proof of Delivery'), ('X12', 'A7', 'Refuse Delivery'),
	('X12', 'SD', 'Transport Exception'), ('X12', 'A3', 'Transport Exception'), ('X12', 'A9', 'Transport Exception'), ('X12', 'AH', 'Transport Exception'),
	('X12', 'AP', 'Transport Exception'),
	('EDIFACT', '13', 'Start Transport'), ('EDIFACT', '1', 'End Transport'), ('EDIFACT', '21', 'Proof of Delivery'),
	('EDIFACT', '49', 'Transport Exception'), ('EDIFACT', '54', 'Transport Exception')
) AS t(standard, code, activity);

-- Attempts and links are used often: each is computed once.
CREATE VIEW happened AS
WITH a AS MATERIALIZED (FROM attempt), c AS MATERIALIZED (FROM concerned), r AS MATERIALIZED (FROM result)
SELECT 'sent/' || message_id AS key, CASE attempt_no WHEN 1 THEN 'Message Sent' ELSE 'Message Retried' END AS activity, sent_at AS time,
       'Message' AS type, object_id AS id, attempt_no AS sequence, NULL AS by_message, message_id AS source_key, NULL AS code, NULL AS error
FROM a
UNION ALL BY NAME
SELECT r.verdict || '/' || a.message_id AS key,
       CASE r.verdict WHEN 'rejected' THEN 'Message Failed' WHEN 'accepted' THEN 'Message Acknowledged' ELSE 'Message Processed' END AS activity,
       r.at AS time, 'Message' AS type, a.object_id AS id, a.attempt_no AS sequence, r.answer_id AS source_key, r.code, r.error
FROM r JOIN a USING (message_id)
UNION ALL BY NAME
-- an order arrives with the first message that brings it and is not rejected
SELECT 'po/' || c.id AS key, 'Receive PO' AS activity, min(a.sent_at) AS time, 'SalesOrder' AS type, c.id AS id,
       arg_min(a.object_id, (a.sent_at, a.message_id)) AS by_message, arg_min(a.message_id, (a.sent_at, a.message_id)) AS source_key
FROM c JOIN a USING (message_id)
WHERE a.kind = 'order' AND a.direction = 'in' AND NOT a.rejected AND c.type = 'SalesOrder' AND coalesce(plain(a.purpose), '9') <> '1'
GROUP BY c.id
UNION ALL BY NAME
-- what we send, once for all its attempts
SELECT 'out/' || a.object_id AS key,
       CASE c.type WHEN 'SalesOrder' THEN 'Send Order Confirmation' WHEN 'Delivery' THEN 'Send Delivery Note' WHEN 'Invoice' THEN 'Send Invoice' END AS activity,
       a.sent_at AS time, c.type, c.id, a.object_id AS by_message, a.message_id AS source_key, a.response AS code
FROM c JOIN a USING (message_id)
WHERE a.direction = 'out' AND a.attempt_no = 1 AND a.kind IN ('order_response', 'despatch_advice', 'invoice') AND c.question = 'it'
UNION ALL BY NAME
SELECT 'status/' || s.message_id || '/' || s.position AS key, t.activity, s.time, d.type, d.id, s.position AS sequence, a.object_id AS by_message,
       s.message_id AS source_key, s.code, s.reason AS error
FROM status s JOIN a USING (message_id)
JOIN (SELECT message_id, position, any_value(type) AS type, any_value(id) AS id
      FROM (FROM (SELECT s.message_id, s.position, d.type, d.id, 1 AS rank FROM status s JOIN document d ON d.type = 'Delivery' AND d.number = plain(s.delivery_number)
            UNION ALL
            SELECT s.message_id, s.position, c.type, c.id, 2 FROM status s JOIN c USING (message_id) WHERE c.type = 'Delivery')
            QUALIFY rank = min(rank) OVER (PARTITION BY message_id, position))
      GROUP BY message_id, position
      HAVING count(DISTINCT id) = 1) d ON d.message_id = s.message_id AND d.position = s.position
JOIN transport t ON t.standard = a.standard AND t.code = s.code;

CREATE VIEW event AS
SELECT key, activity, time, sequence, 'interface' AS actor_kind,
       'message' AS source_table, source_key, code AS edi_code, error AS error_code
FROM happened WHERE time IS NOT NULL AND activity IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier FROM happened WHERE time IS NOT NULL AND activity IS NOT NULL
UNION ALL
SELECT key, 'Message', by_message, 'by' FROM happened WHERE time IS NOT NULL AND activity IS NOT NULL AND by_message IS NOT NULL;

-- Objects and relations --------------------------------------------------------------------

CREATE VIEW object_Message AS
SELECT object_id AS id, 'message' AS source_table, message_id AS source_key,
       concat_ws('/', interchange_control, group_control, control) AS number, direction, kind, 'edi' AS channel,
       CASE direction WHEN 'out' THEN coalesce(receiver_name, receiver) ELSE coalesce(sender_name, sender) END AS partner,
       business_key, content AS payload_hash, sent_at AS occurred_at
FROM attempt WHERE attempt_no = 1;

CREATE VIEW object_object AS
SELECT DISTINCT source_type, source_id, target_type, target_id, qualifier FROM link WHERE source_type = 'Message' AND target_id IS NOT NULL;
