-- What happened to a sales order and to all that belongs to it?
-- An event of a shared document has a row for each order (and line) it serves.
CREATE OR REPLACE VIEW o2c.order_events AS
WITH
-- numbers first: to tell rows apart by all they say takes three times as long
reached AS (
	SELECT DISTINCT oo.order_object, oo.line_object, eo.event
	FROM o2c.order_objects oo
	JOIN main.event_object eo ON eo.object = oo.object
)
SELECT r.order_object, r.line_object, e.event, e.activity, coalesce(a.class, 'decision') AS class, e.time, e.precision,
       e.resource, coalesce(e.actor_kind, 'unknown') AS actor_kind, e.sequence
FROM reached r
JOIN main.event e ON e.event = r.event
LEFT JOIN o2c.activities a ON a.activity = e.activity;
