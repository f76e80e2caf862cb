-- What happened to a sales order and to all that belongs to it?
-- An event of a shared document has a row for each order (and line) it serves.
-- once is true in one of them.
-- acted_at is when it was begun, if that is known.
CREATE OR REPLACE VIEW o2c.order_events AS
SELECT r.order_object, r.line_object, r.once, e.event, e.activity, e.class, e.time, e.precision,
       e.resource, coalesce(e.actor_kind, 'unknown') AS actor_kind, e.sequence, coalesce(e.start, e.time) AS acted_at
FROM o2c.order_reach r
JOIN (
	-- Before the join: there are fewer events than rows, and of one class fewer still.
	SELECT e.*, coalesce(a.class, 'decision') AS class FROM main.event e LEFT JOIN o2c.activities a ON a.activity = e.activity
) e ON e.event = r.event;
