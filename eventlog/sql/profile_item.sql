-- Which items belong to no document? $1 are the types of items, $2 of documents.
CREATE TEMP TABLE p_item AS
WITH held AS (
	SELECT r.source_object AS item, r.target_object AS document FROM main.object_object AS r
	UNION ALL
	SELECT r.target_object, r.source_object FROM main.object_object AS r
)
SELECT i.type, i.id, i.source
FROM p_object AS i
WHERE i.defined AND list_contains($1::VARCHAR[], i.type) AND i.object NOT IN (
	SELECT h.item FROM held AS h JOIN p_object AS d ON d.object = h.document WHERE list_contains($2::VARCHAR[], d.type))
