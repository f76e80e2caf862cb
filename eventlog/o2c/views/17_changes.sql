-- Which attribute of an order, a line or another document was changed, when, by whom?
-- An initial state is no change. after_confirmation compares with the order's
-- confirmation; minutes_after_creation and same_actor let a key figure treat
-- the first minutes as entry. By the customer: the change came by message, or an
-- interface made it within a minute of posting an order change of the customer's.
CREATE OR REPLACE VIEW o2c.changes AS
WITH
place AS (
	SELECT object, CASE WHEN count(DISTINCT order_object) = 1 THEN min(order_object) END AS order_object,
	       CASE WHEN count(DISTINCT line_object) = 1 AND count(*) = count(line_object) THEN min(line_object) END AS line_object
	FROM o2c.order_objects SEMI JOIN main.object_change USING (object) GROUP BY ALL
),
made AS (
	SELECT e.event, e.activity, e.actor_kind, e.resource,
	       bool_or(o.type = 'Message') AS by_message
	FROM (FROM main.event SEMI JOIN main.object_change USING (event)) e
	LEFT JOIN main.event_object eo ON eo.event = e.event
	LEFT JOIN main.object o ON o.object = eo.object
	GROUP BY ALL
),
asked AS (
	SELECT DISTINCT oo.order_object, m.processed_at
	FROM o2c.messages m JOIN o2c.order_objects oo ON oo.object = m.message_object
	WHERE m.kind = 'order_change' AND coalesce(m.direction, 'in') = 'in' AND m.processed_at IS NOT NULL
)
SELECT o.type AS object_type, o.id AS object_id, m.order_id, l.id AS order_line_id,
       c.attribute, c.time AS changed_at, c.old_value, c.new_value,
       TRY_CAST(c.new_value AS DECIMAL(38,6)) - TRY_CAST(c.old_value AS DECIMAL(38,6)) AS delta,
       v.activity, coalesce(v.actor_kind, 'unknown') AS actor_kind, coalesce(v.by_message, FALSE) OR v.actor_kind = 'interface' AND EXISTS (
	       FROM asked a WHERE a.order_object = p.order_object AND a.processed_at BETWEEN c.time - INTERVAL 1 MINUTE AND c.time + INTERVAL 1 MINUTE) AS by_customer,
       c.time > m.confirmed_at AS after_confirmation,
       date_diff('minute', m.created_at, c.time) AS minutes_after_creation,
       v.resource = m.creator AS same_actor, c.object
FROM main.object_change c
JOIN main.object o ON o.object = c.object
LEFT JOIN place p ON p.object = c.object
LEFT JOIN o2c.order_milestones m ON m.order_object = p.order_object
LEFT JOIN main.object l ON l.object = p.line_object
LEFT JOIN made v ON v.event = c.event;
