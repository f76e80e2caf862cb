-- When was each order line under a block?
-- One row a line, kind and stretch of time: blocks of a line that overlap or follow one another at once make one stretch, of each
-- kind, and of kind any over all of them. A line is under its own blocks, and under those of its order, deliveries and invoices.
CREATE OR REPLACE VIEW o2c.line_blocks AS
WITH
blocked AS (
	SELECT DISTINCT l.line_object, l.order_line_id, b.kind, b.set_at, b.released_at
	FROM (SELECT DISTINCT order_object, line_object, object FROM o2c.order_objects WHERE object_type = 'Block') oo
	JOIN o2c.order_lines l ON l.order_object = oo.order_object AND (l.line_object = oo.line_object OR oo.line_object IS NULL)
	JOIN o2c.blocks b ON b.block_object = oo.object
	WHERE b.set_at IS NOT NULL AND coalesce(b.released_at >= b.set_at, TRUE)
),
counted AS (
	SELECT *, row_number() OVER (PARTITION BY line_object, kind ORDER BY set_at, released_at) AS n
	FROM (FROM blocked UNION ALL SELECT DISTINCT * REPLACE ('any' AS kind) FROM blocked)
),
stretched AS (
	-- a block begins a stretch if every earlier one is released by then
	SELECT *, CASE WHEN set_at <= max(coalesce(released_at, 'infinity')) OVER (PARTITION BY line_object, kind ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS fresh
	FROM counted
)
SELECT order_line_id, kind, min(set_at) AS began_at, CASE WHEN count(*) = count(released_at) THEN max(released_at) END AS ended_at, line_object
FROM (SELECT *, sum(fresh) OVER (PARTITION BY line_object, kind ORDER BY n) AS nth FROM stretched)
GROUP BY line_object, order_line_id, kind, nth;
