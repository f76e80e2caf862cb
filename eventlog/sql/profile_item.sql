-- Which items belong to no document, not even through other items? $1 are the types of items, $2 of documents.
CREATE TEMP TABLE p_item AS
WITH RECURSIVE held AS (
	SELECT r.source_object AS item, r.target_object AS holder FROM main.object_object AS r
	UNION ALL
	SELECT r.target_object, r.source_object FROM main.object_object AS r
),
item AS (
	SELECT object, type, id, source FROM p_object WHERE defined AND list_contains($1::VARCHAR[], type)
),
-- a promise belongs to an order line, and by it to the order
placed AS (
	SELECT DISTINCT i.object FROM item AS i JOIN held AS h ON h.item = i.object
	JOIN p_object AS d ON d.object = h.holder WHERE list_contains($2::VARCHAR[], d.type)
	UNION
	SELECT i.object FROM placed AS p JOIN held AS h ON h.holder = p.object JOIN item AS i ON i.object = h.item
)
SELECT type, id, source FROM item WHERE object NOT IN (SELECT object FROM placed)
