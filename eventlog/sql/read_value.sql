-- Which values do they have, in order?
CREATE TEMP TABLE x_value AS
SELECT s.row, x.type, x.id AS object, s.attribute, s.time, s.kind, s.value
FROM x_said AS s JOIN (SELECT rowid AS row, type, id FROM x_object) AS x USING (row)
ORDER BY s.row, s.sequence, s.attribute, s.time
