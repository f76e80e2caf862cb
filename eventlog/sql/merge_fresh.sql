-- Which staged events does the store not know, and which numbers do they get?
-- Numbers follow the order of arrival, with gaps where an event was known.
CREATE TEMP TABLE fresh AS
SELECT ord, id, (SELECT coalesce(max(event), 0) FROM main.event) + ord + 1 AS event
FROM staged_id
ANTI JOIN (SELECT id FROM main.event WHERE source = $1) USING (id)
