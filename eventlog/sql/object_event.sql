-- Which staged events does the store know, and which numbers do the others get?
-- Numbers follow the place in the source, else the order of arrival.
CREATE TEMP TABLE o_event AS
SELECT i.ord, i.id, e.event AS known,
       coalesce(e.event, (SELECT coalesce(max(event), 0) FROM main.event)
                         + row_number() OVER (PARTITION BY e.event IS NULL ORDER BY i.place NULLS LAST, i.ord)) AS event
FROM o_id AS i
LEFT JOIN (SELECT event, id FROM main.event WHERE source = {source}) AS e USING (id)
