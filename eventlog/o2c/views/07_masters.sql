-- Which customers and materials of several systems are one?
-- One row an object. master_id is the smallest id of those that are one, so it counts them once; key and value say by what.
-- state joined: with others. ambiguous: it shares a key with objects that it cannot be told from, several of one source, and stays apart.
-- The rules (o2c.master_rules) are taken in their order: a key joins who has no earlier one that differs. Who says so in a file is believed.
CREATE OR REPLACE VIEW o2c.masters AS
WITH RECURSIVE
ranked AS MATERIALIZED (
	SELECT k.object, k.type, r.rank, k.key, k.value FROM o2c.master_keys k JOIN o2c.master_rules r USING (type, key)
	UNION ALL
	SELECT object, type, 0, 'file', same_as FROM o2c.master_file WHERE object IS NOT NULL
),
-- Nothing is joined or ambiguous but by a key that several have.
among AS MATERIALIZED (
	SELECT DISTINCT k.object FROM ranked k JOIN (SELECT type, rank, value FROM ranked GROUP BY ALL HAVING count(*) > 1) USING (type, rank, value)
),
-- What they are part of (label, the smallest object of it) once the rules before rank were taken.
step AS (
	SELECT o.object, o.type, o.source, o.object AS label, 0 AS rank, NULL::VARCHAR AS key, NULL::VARCHAR AS value, NULL::VARCHAR AS unsure_key, NULL::VARCHAR AS unsure_value
	FROM main.object o SEMI JOIN among USING (object)
	UNION ALL
	(WITH
	has AS (
		SELECT s.*, k.key AS by_key, k.value AS by_value FROM step s LEFT JOIN ranked k ON k.object = s.object AND k.rank = s.rank
	),
	of_label AS (
		SELECT label, min(by_value) AS by_value, count(DISTINCT by_value) AS n FROM has WHERE by_value IS NOT NULL GROUP BY label
	),
	shared AS (
		SELECT DISTINCT type, by_value, label FROM has
		WHERE (type, by_value) IN (SELECT (type, by_value) FROM has WHERE by_value IS NOT NULL GROUP BY type, by_value HAVING count(DISTINCT label) > 1)
	),
	member AS (
		SELECT h.type, h.by_value, s.object, s.label, s.source, s.rank FROM shared h JOIN step s ON s.label = h.label
	),
	doubled AS ( -- a file may say that one source has somebody twice
		SELECT type, by_value FROM member WHERE rank > 0 GROUP BY type, by_value, source HAVING count(DISTINCT label) > 1
	),
	several AS (
		SELECT h.type, h.by_value FROM shared h JOIN of_label l USING (label) WHERE l.n > 1
	),
	-- More values of an earlier key than one of them alone has: that one has told them apart.
	earlier AS (
		SELECT m.type, m.by_value, m.label, k.rank, k.value FROM member m JOIN ranked k ON k.object = m.object AND k.rank < m.rank
	),
	apart AS (
		SELECT type, by_value
		FROM (SELECT type, by_value, rank, count(DISTINCT value) AS n FROM earlier GROUP BY ALL) a
		JOIN (SELECT type, by_value, rank, label, count(DISTINCT value) AS n FROM earlier GROUP BY ALL) b USING (type, by_value, rank)
		GROUP BY type, by_value, rank HAVING max(a.n) > max(b.n)
	),
	found AS (
		SELECT type, by_value, min(label) AS target,
		       (type, by_value) IN (SELECT (type, by_value) FROM apart) AS is_apart,
		       (type, by_value) IN (SELECT (type, by_value) FROM doubled UNION ALL SELECT (type, by_value) FROM several) AS is_unsure
		FROM shared GROUP BY type, by_value
	),
	moved AS (
		SELECT l.label, f.target FROM of_label l JOIN shared h USING (label, by_value) JOIN found f USING (type, by_value)
		WHERE NOT f.is_apart AND NOT f.is_unsure
	),
	unsure AS (
		SELECT h.object FROM has h JOIN found f USING (type, by_value)
		WHERE f.is_unsure AND NOT f.is_apart OR f.is_apart AND NOT EXISTS (FROM ranked k WHERE k.object = h.object AND k.rank < h.rank)
	)
	SELECT h.object, h.type, h.source, coalesce(m.target, h.label), h.rank + 1,
	       CASE WHEN m.label IS NOT NULL THEN coalesce(h.key, h.by_key) ELSE h.key END,
	       CASE WHEN m.label IS NOT NULL THEN coalesce(h.value, h.by_value) ELSE h.value END,
	       CASE WHEN u.object IS NOT NULL THEN coalesce(h.unsure_key, h.by_key) ELSE h.unsure_key END,
	       CASE WHEN u.object IS NOT NULL THEN coalesce(h.unsure_value, h.by_value) ELSE h.unsure_value END
	FROM has h
	LEFT JOIN moved m ON m.label = h.label
	LEFT JOIN unsure u ON u.object = h.object
	WHERE h.rank <= (SELECT max(rank) FROM ranked))
),
told AS (
	SELECT s.object, min(o.id) OVER (PARTITION BY s.label) AS master_id, count(*) OVER (PARTITION BY s.label) > 1 AS is_joined, s.key, s.value, s.unsure_key, s.unsure_value
	FROM step s JOIN main.object o USING (object)
	WHERE s.rank > (SELECT max(rank) FROM ranked)
),
named AS (
	SELECT object, number, name FROM objects."Customer" UNION ALL SELECT object, number, name FROM objects."Material"
)
SELECT o.object, o.type, o.id, o.source, v.number, v.name, coalesce(t.master_id, o.id) AS master_id,
       CASE WHEN t.is_joined THEN 'joined' WHEN t.unsure_key IS NOT NULL THEN 'ambiguous' ELSE 'single' END AS state,
       CASE WHEN t.is_joined THEN t.key ELSE t.unsure_key END AS key, CASE WHEN t.is_joined THEN t.value ELSE t.unsure_value END AS value
FROM main.object o
LEFT JOIN told t USING (object)
LEFT JOIN named v USING (object)
WHERE o.type IN ('Customer', 'Material');
