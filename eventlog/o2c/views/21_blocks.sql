-- What was blocked, from when to when, and who let it go?
-- One row for each block and object it stops. A block set again keeps its first
-- set_at; times_set says how often.
CREATE OR REPLACE VIEW o2c.blocks AS
WITH
event AS (
	SELECT object AS block,
	       min(time) FILTER (activity LIKE 'Set % Block') AS set_at,
	       arg_min(actor_kind, (time, sequence)) FILTER (activity LIKE 'Set % Block') AS set_by,
	       CASE WHEN arg_max(activity, (time, sequence, event)) LIKE 'Release % Block'
	            THEN max(time) FILTER (activity LIKE 'Release % Block') END AS released_at,
	       arg_max(actor_kind, (time, sequence, event)) FILTER (activity LIKE 'Release % Block') AS released_by,
	       count(*) FILTER (activity LIKE 'Set % Block') AS times_set
	FROM o2c.object_events
	WHERE object_type = 'Block' AND (activity LIKE 'Set % Block' OR activity LIKE 'Release % Block') GROUP BY ALL
),
orders AS (
	SELECT oo.object AS block, CASE WHEN count(DISTINCT oo.order_object) = 1 THEN min(o.id) END AS order_id
	FROM o2c.order_objects oo JOIN main.object o ON o.object = oo.order_object
	WHERE oo.object_type = 'Block' GROUP BY ALL
)
SELECT o.id AS block_id, b.kind, b.reason, coalesce(b.at_creation, FALSE) AS at_creation,
       l.target_type AS object_type, l.target_id AS object_id, s.order_id,
       v.set_at, v.set_by, v.released_at, CASE WHEN v.released_at IS NOT NULL THEN v.released_by END AS released_by,
       coalesce(v.times_set, 0) AS times_set, b.object AS block_object
FROM objects."Block" b
JOIN main.object o ON o.object = b.object
LEFT JOIN event v ON v.block = b.object
LEFT JOIN o2c.links l ON l.source_object = b.object AND l.qualifier = 'blocks'
LEFT JOIN orders s ON s.block = b.object;
