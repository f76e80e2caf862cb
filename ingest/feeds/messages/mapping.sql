-- Which business messages came and went, at which attempt, in the words of the order-to-cash model?
--
-- What it relies on:
-- * A row is an attempt. Attempts of one msg_id are of one message; so is another msg_id that brings the same document
--   (from, to, kind, business key; the same content where both tell it) while the last attempt stands failed: a retry.
-- * The same document after it went through is another message, a duplicate: no failure, and no retry.
-- * A receiver that answers "duplicate" refuses what it has: after a failure that is the proof that it went through,
--   else it is neither failed nor processed.
-- * What counts as tried again, failed for good, or refused is http_status where no status is given: 2xx went through,
--   409 is a duplicate, 408, 429 and 5xx may be tried again, other 4xx will not do.

-- What the words of the platforms mean.
CREATE VIEW word AS
FROM (VALUES
	('ok', 'ok'), ('success', 'ok'), ('completed', 'ok'), ('processed', 'ok'), ('delivered', 'ok'),
	('failed', 'failed'), ('error', 'failed'), ('retry', 'failed'), ('escalated', 'failed'), ('abandoned', 'failed'), ('timeout', 'failed'),
	('duplicate', 'duplicate'), ('discarded', 'closed'), ('cancelled', 'closed'), ('closed', 'closed'),
	('pending', 'pending'), ('processing', 'pending'), ('sent', 'pending'), ('queued', 'pending')
) AS t(word, result);

CREATE MACRO http_result(code) AS CASE WHEN code BETWEEN 200 AND 299 THEN 'ok' WHEN code = 409 THEN 'duplicate' WHEN code >= 400 THEN 'failed' ELSE 'pending' END;

CREATE MACRO http_class(code) AS CASE WHEN code IN (401, 403) THEN 'auth' WHEN code IN (408, 504) THEN 'timeout' WHEN code = 409 THEN 'duplicate'
	WHEN code = 429 THEN 'throttle' WHEN code IN (400, 422) THEN 'schema' WHEN code >= 500 THEN 'transport' WHEN code >= 400 THEN 'unknown' END;

CREATE MACRO http_retryable(code) AS code IN (408, 429) OR code >= 500;

-- What a document is, in the words of the model.
CREATE VIEW document_kind AS
FROM (VALUES
	('ORDERS', 'order'), ('850', 'order'), ('ORDER', 'order'), ('ORDRSP', 'order_response'), ('855', 'order_response'),
	('ORDCHG', 'order_change'), ('860', 'order_change'), ('DESADV', 'despatch_advice'), ('856', 'despatch_advice'), ('SHPMNT', 'despatch_advice'), ('DELVRY', 'despatch_advice'),
	('RECADV', 'receipt_advice'), ('861', 'receipt_advice'), ('INVOIC', 'invoice'), ('810', 'invoice'), ('INVOICE', 'invoice'),
	('REMADV', 'remittance'), ('820', 'remittance'), ('CONTRL', 'acknowledgement'), ('997', 'acknowledgement'), ('APERAK', 'acknowledgement')
) AS t(doc_type, kind);

-- IDoc statuses; one that is not here is on its way.
CREATE MACRO idoc_result(status) AS CASE
	WHEN status IN ('53', '12', '16', '41') THEN 'ok'
	WHEN status IN ('02', '04', '05', '07', '09', '11', '15', '17', '20', '23', '26', '27', '29', '34', '36', '37', '40', '51', '52', '54', '56', '57', '60', '63', '65') THEN 'failed'
	WHEN status IN ('31', '68') THEN 'closed' ELSE 'pending' END;

CREATE MACRO sap_time(day, clock) AS (TRY_STRPTIME(replace(day, '-', '') || lpad(replace(coalesce(clock, '0'), ':', ''), 6, '0'), '%Y%m%d%H%M%S')) AT TIME ZONE source_zone();

CREATE VIEW idoc_status AS
SELECT *, idoc_result(STATUS) AS result, sap_time(LOGDAT, LOGTIM) AS time,
       1 + count(*) FILTER (idoc_result(STATUS) = 'failed') OVER (PARTITION BY DOCNUM ORDER BY LOGDAT, LOGTIM, COUNTR ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS attempt
-- edited copies stand for nobody's attempt
FROM EDIDS WHERE STATUS NOT IN ('32', '33', '69', '70');

CREATE VIEW idoc_attempt AS
SELECT DOCNUM, attempt, min(time) AS sent_ts, coalesce(min(time) FILTER (result = 'ok'), max(time) FILTER (result IN ('failed', 'closed'))) AS finished_ts, min(time) FILTER (STATUS IN ('16', '41')) AS acked_ts,
       CASE WHEN bool_or(result = 'ok') THEN 'ok' WHEN bool_or(result = 'failed') THEN 'failed' WHEN bool_or(result = 'closed') THEN 'closed' ELSE 'pending' END AS result,
       arg_max(nullif(concat_ws('/', STAMID, STAMNO), ''), (time, COUNTR)) FILTER (result = 'failed') AS error_code, arg_min(UNAME, (time, COUNTR)) AS "user"
FROM idoc_status GROUP BY DOCNUM, attempt;

-- Every platform's attempts in one form.
CREATE VIEW attempt AS
SELECT 'message' AS source_table, concat_ws('/', msg_id, attempt) AS source_key, msg_id, attempt, system_from, system_to, interface, doc_type, business_key, document_no, lower(direction) AS direction,
       coalesce(w.result, CASE WHEN m.status IS NULL AND http_status IS NOT NULL THEN http_result(http_status) END, 'pending') AS result,
       http_status, error_code, coalesce(error_class, http_class(http_status)) AS error_class, payload_hash, created_ts, coalesce(sent_ts, created_ts) AS sent_ts, acked_ts, finished_ts, "user", user_kind
FROM message m LEFT JOIN word w ON w.word = lower(trim(m.status))
UNION ALL BY NAME
-- a line that came twice is one request
SELECT 'access_log' AS source_table, NULL AS source_key, msg_id, row_number() OVER (PARTITION BY msg_id ORDER BY sent_ts, request_id) AS attempt, system_from, system_to, interface, doc_type,
       business_key, document_no, direction, http_result(http_status) AS result, http_status, http_status::VARCHAR AS error_code, http_class(http_status) AS error_class, payload_hash,
       sent_ts AS created_ts, sent_ts, sent_ts + to_microseconds((coalesce(duration_ms, 0) * 1000)::BIGINT) AS finished_ts, "user"
FROM (SELECT DISTINCT coalesce(message_id, request_id, concat_ws(' ', method, path, client, time)) AS msg_id, request_id, client AS system_from, system_to, concat_ws(' ', method, path) AS interface,
             doc_type, business_key, document_no, coalesce(lower(direction), 'in') AS direction, status AS http_status, payload_hash, time AS sent_ts, duration_ms, "user"
      FROM access_log)
UNION ALL BY NAME
SELECT 'message_processing_log' AS source_table, MessageGuid AS source_key, MessageGuid AS msg_id, 1 AS attempt, Sender AS system_from, Receiver AS system_to, IntegrationFlowName AS interface,
       ApplicationMessageType AS doc_type, ApplicationMessageId AS business_key, coalesce(w.result, 'pending') AS result, CustomStatus AS error_code, LogStart AS created_ts, LogStart AS sent_ts,
       CASE WHEN w.result <> 'pending' THEN LogEnd END AS finished_ts
FROM message_processing_log l LEFT JOIN word w ON w.word = lower(l.Status)
UNION ALL BY NAME
SELECT 'EDIDC' AS source_table, c.DOCNUM AS source_key, c.DOCNUM AS msg_id, coalesce(a.attempt, 1) AS attempt, SNDPRN AS system_from, RCVPRN AS system_to, MESTYP AS interface, MESTYP AS doc_type,
       coalesce(c.ARCKEY, c.REFINT) AS business_key, CASE c.DIRECT WHEN '1' THEN 'out' WHEN '2' THEN 'in' END AS direction, coalesce(a.result, idoc_result(c.STATUS)) AS result, a.error_code,
       sap_time(CREDAT, CRETIM) AS created_ts, coalesce(CASE WHEN coalesce(a.attempt, 1) = 1 THEN sap_time(CREDAT, CRETIM) END, a.sent_ts) AS sent_ts, a.acked_ts, coalesce(a.finished_ts, CASE WHEN a.DOCNUM IS NULL THEN sap_time(UPDDAT, UPDTIM) END) AS finished_ts, a."user"
FROM EDIDC c LEFT JOIN idoc_attempt a ON a.DOCNUM = c.DOCNUM
UNION ALL BY NAME
SELECT 'span' AS source_table, concat_ws('/', trace_id, span_id) AS source_key, coalesce("messaging.message.id", trace_id) AS msg_id,
       row_number() OVER (PARTITION BY coalesce("messaging.message.id", trace_id) ORDER BY coalesce("http.request.resend_count", 0), start_time, span_id) AS attempt,
       "service.name" AS system_from, "server.address" AS system_to, name AS interface, "millrace.doc_type" AS doc_type, "millrace.business_key" AS business_key, "millrace.document_no" AS document_no,
       lower("millrace.direction") AS direction, CASE WHEN "http.response.status_code" IS NOT NULL THEN http_result("http.response.status_code") WHEN upper(status_code) = 'ERROR' THEN 'failed' ELSE 'ok' END AS result,
       "http.response.status_code" AS http_status, "error.type" AS error_code, http_class("http.response.status_code") AS error_class, start_time AS created_ts, start_time AS sent_ts, end_time AS finished_ts
FROM span;

-- Messages ------------------------------------------------------------------------

-- One row a msg_id: what it brings, and how it stands.
CREATE VIEW sent AS
SELECT msg_id, min(sent_ts) AS first_ts, min(created_ts) AS created_ts, arg_min(source_table, attempt) AS source_table,
       min(system_from) AS system_from, min(system_to) AS system_to, min(interface) AS interface, min(doc_type) AS doc_type, min(business_key) AS business_key, min(document_no) AS document_no,
       min(direction) AS direction, min(payload_hash) AS payload_hash, arg_max(result, (attempt, sent_ts)) AS last_result, bool_or(result = 'ok') AS went_through
FROM attempt WHERE msg_id IS NOT NULL GROUP BY msg_id;

-- again: it is a retry of the one before.
CREATE VIEW again AS
SELECT *, coalesce(business_key IS NOT NULL AND lag(last_result) OVER w = 'failed' AND NOT lag(went_through) OVER w
                   AND coalesce(lag(payload_hash) OVER w = payload_hash, TRUE), FALSE) AS again
FROM sent WINDOW w AS (PARTITION BY system_from, system_to, doc_type, business_key ORDER BY first_ts, msg_id);

CREATE VIEW numbered AS
SELECT *, count(*) FILTER (NOT again) OVER (PARTITION BY system_from, system_to, doc_type, business_key ORDER BY first_ts, msg_id ROWS UNBOUNDED PRECEDING) AS run FROM again;

CREATE VIEW belongs AS
SELECT msg_id, own(first_value(msg_id) OVER (PARTITION BY system_from, system_to, doc_type, business_key, run ORDER BY first_ts, msg_id)) AS id FROM numbered;

CREATE VIEW tried AS
SELECT a.*, b.id, row_number() OVER (PARTITION BY b.id ORDER BY a.sent_ts, a.attempt, a.msg_id) AS n,
       coalesce(bool_or(a.result = 'failed') OVER (PARTITION BY b.id ORDER BY a.sent_ts, a.attempt, a.msg_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), FALSE) AS failed_before
FROM attempt a JOIN belongs b USING (msg_id);

CREATE VIEW object_Message AS
SELECT b.id, arg_min(s.source_table, s.first_ts) AS source_table, arg_min(s.msg_id, (s.first_ts, s.msg_id)) AS source_key, arg_min(s.msg_id, (s.first_ts, s.msg_id)) AS number,
       min(s.direction) AS direction, coalesce(min(k.kind), lower(min(s.doc_type))) AS kind, min(s.interface) AS channel,
       CASE min(s.direction) WHEN 'out' THEN min(s.system_to) ELSE min(s.system_from) END AS partner, min(s.business_key) AS business_key, min(s.payload_hash) AS payload_hash,
       min(s.created_ts) AS occurred_at, bool_or(s.last_result = 'closed') AS closed_unposted
FROM sent s JOIN belongs b USING (msg_id) LEFT JOIN document_kind k ON k.doc_type = upper(trim(s.doc_type)) GROUP BY b.id;

-- References --------------------------------------------------------------------

CREATE VIEW reference AS
SELECT 'Message' AS source_type, b.id AS source_id, 'concerns' AS qualifier,
       CASE WHEN k.kind IN ('order', 'order_response', 'order_change') THEN 'SalesOrder' WHEN k.kind IN ('despatch_advice', 'receipt_advice') THEN 'Delivery'
            WHEN k.kind = 'invoice' THEN 'Invoice' WHEN k.kind = 'remittance' THEN 'Receipt' END AS target_type,
       coalesce(s.document_no, s.business_key) AS key,
       -- what a customer sends has his number of the order; what we send may have either
       CASE WHEN s.document_no IS NULL AND k.kind IN ('order', 'order_change', 'order_response') THEN CASE s.direction WHEN 'in' THEN 'customer_reference' ELSE 'number or customer_reference' END ELSE 'number' END AS attribute,
       NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, NULL::VARCHAR AS customer
FROM sent s JOIN belongs b USING (msg_id) JOIN document_kind k ON k.doc_type = upper(trim(s.doc_type))
WHERE coalesce(s.document_no, s.business_key) IS NOT NULL AND k.kind <> 'acknowledgement';

CREATE VIEW link AS FROM resolve('reference');

CREATE VIEW object_object AS
SELECT DISTINCT source_type, source_id, target_type, target_id, qualifier FROM link WHERE target_id IS NOT NULL;

-- Events ------------------------------------------------------------------------

CREATE VIEW happened AS
SELECT 'attempt/' || msg_id || '/' || attempt AS key, CASE n WHEN 1 THEN 'Message Sent' ELSE 'Message Retried' END AS activity, sent_ts AS time, 3 * n AS sequence, "user" AS user_name, t.* FROM tried t
-- to close a message by hand is not to try it again
WHERE result <> 'closed' OR n = 1
UNION ALL BY NAME
SELECT 'result/' || msg_id || '/' || attempt AS key, CASE result WHEN 'failed' THEN 'Message Failed' ELSE 'Message Processed' END AS activity, coalesce(finished_ts, acked_ts, sent_ts) AS time, 3 * n + 1 AS sequence, t.*
FROM tried t WHERE result IN ('ok', 'failed') OR result = 'duplicate' AND failed_before
UNION ALL BY NAME
SELECT 'acknowledged/' || msg_id || '/' || attempt AS key, 'Message Acknowledged' AS activity, acked_ts AS time, 3 * n + 2 AS sequence, t.* FROM tried t WHERE acked_ts IS NOT NULL;

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, h.sequence, coalesce(a.user_name, h.user_name) AS resource,
       CASE WHEN h.user_name IS NULL THEN 'interface' ELSE coalesce(lower(h.user_kind), a.kind, 'unknown') END AS actor_kind, h.source_table, h.source_key,
       CASE WHEN h.activity = 'Message Failed' THEN h.error_code END AS error_code, CASE WHEN h.activity = 'Message Failed' THEN coalesce(h.error_class, 'unknown') END AS error_class,
       h.http_status, CASE WHEN h.activity = 'Message Failed' THEN http_retryable(h.http_status) END AS retryable, h.interface
FROM happened h LEFT JOIN actor a ON a.user_key = user_key(h.user_name) WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, 'Message' AS type, id, 'on' AS qualifier FROM happened WHERE time IS NOT NULL;
