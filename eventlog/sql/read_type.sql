-- What is each type of objects called?
CREATE TEMP TABLE x_type AS
SELECT o.type, {name} AS name FROM (SELECT DISTINCT type FROM main.object) AS o
