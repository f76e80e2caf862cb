-- What happened to a sales order and to all that belongs to it?
-- An event of a shared document has a row for each order (and line) it serves.
CREATE OR REPLACE VIEW o2c.order_events AS
SELECT DISTINCT oo.order_object, oo.line_object, e.event, e.activity, e.class, e.time, e.precision,
       e.resource, e.actor_kind, e.sequence
FROM o2c.order_objects oo
JOIN o2c.object_events e ON e.object = oo.object;
