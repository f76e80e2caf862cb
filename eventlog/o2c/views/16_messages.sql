-- Which business messages went through, at which attempt, and how long did it take?
-- One row a business message, not an attempt. duplicate_of: an earlier message
-- of the same partner, kind and business key with the same content.
CREATE OR REPLACE VIEW o2c.messages AS
WITH
event AS (
	SELECT object AS message, min(time) AS first_at,
	       min(time) FILTER (activity = 'Message Sent') AS sent_at,
	       count(*) FILTER (activity IN ('Message Sent', 'Message Retried')) AS attempts,
	       count(*) FILTER (activity = 'Message Failed') AS failures,
	       min(time) FILTER (activity = 'Message Failed') AS first_failed_at,
	       min(time) FILTER (activity = 'Message Processed') AS processed_at,
	       min(time) FILTER (activity = 'Message Acknowledged') AS acknowledged_at,
	       arg_min(activity, (time, sequence, event)) FILTER (activity IN ('Message Failed', 'Message Processed', 'Message Acknowledged')) AS first_result,
	       arg_max(activity, (time, sequence, event)) FILTER (activity <> 'Message Retried') AS last_result
	FROM o2c.object_events WHERE object_type = 'Message' AND activity LIKE 'Message %' GROUP BY ALL
),
about AS (
	SELECT source_object AS message, min(target_type) AS object_type,
	       CASE WHEN count(*) = 1 THEN min(target_id) END AS object_id, count(*) AS objects
	FROM o2c.links WHERE source_type = 'Message' AND qualifier = 'concerns' GROUP BY ALL
),
orders AS (
	SELECT oo.object AS message, CASE WHEN count(DISTINCT oo.order_object) = 1 THEN min(o.id) END AS order_id
	FROM o2c.order_objects oo JOIN main.object o ON o.object = oo.order_object
	WHERE oo.object_type = 'Message' GROUP BY ALL
)
SELECT o.id AS message_id, m.number AS message_number, m.direction, m.kind, m.channel, m.partner, m.business_key, m.owner,
       a.object_type, a.object_id, coalesce(a.objects, 0) AS objects, s.order_id,
       m.occurred_at, v.first_at, v.sent_at, v.processed_at, v.acknowledged_at,
       coalesce(v.attempts, 0) AS attempts, coalesce(v.failures, 0) AS failures, v.first_failed_at,
       v.first_result IS NOT DISTINCT FROM 'Message Failed' AS first_attempt_failed,
       v.last_result IS NOT DISTINCT FROM 'Message Failed' AND NOT coalesce(m.closed_unposted, FALSE) AS is_failed,
       coalesce(m.closed_unposted, FALSE) AS is_closed_unposted,
       CASE WHEN v.first_failed_at IS NOT NULL AND v.processed_at > v.first_failed_at THEN v.processed_at END AS recovered_at,
       CASE WHEN m.payload_hash IS NOT NULL AND m.business_key IS NOT NULL THEN
            nullif(first_value(o.id) OVER (PARTITION BY m.direction, m.partner, m.kind, m.business_key, m.payload_hash
                                           ORDER BY v.first_at, o.id), o.id) END AS duplicate_of,
       m.object AS message_object
FROM objects."Message" m
JOIN main.object o ON o.object = m.object
LEFT JOIN event v ON v.message = m.object
LEFT JOIN about a ON a.message = m.object
LEFT JOIN orders s ON s.message = m.object;
