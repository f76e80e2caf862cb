-- Which rows say an event that a later one says again?
DELETE FROM o_id USING (SELECT id, max(ord) AS last FROM o_id GROUP BY id HAVING count(*) > 1) AS r
WHERE r.id = o_id.id AND o_id.ord < r.last
