-- What happened to which object?
CREATE OR REPLACE VIEW o2c.object_events AS
SELECT eo.object, o.type AS object_type, o.id AS object_id, eo.qualifier,
       e.event, e.activity, coalesce(a.class, 'decision') AS class, e.time, e.precision,
       e.resource, coalesce(e.actor_kind, 'unknown') AS actor_kind, e.sequence, e.source
FROM main.event_object eo
JOIN main.object o ON o.object = eo.object
JOIN main.event e ON e.event = eo.event
LEFT JOIN o2c.activities a ON a.activity = e.activity;
