-- Which objects of a type have other attributes than the mapping sees?
CREATE OR REPLACE TEMP TABLE m_diff AS
SELECT n.object, t.object IS NULL AS fresh{values}
FROM {rows} AS m
JOIN m_number AS n ON n.type = {type} AND n.id = m.id
JOIN main.object AS o ON o.object = n.object
LEFT JOIN {table} AS t ON t.object = n.object
WHERE {condition} AND (t.object IS NULL{differs})
  AND n.object NOT IN (SELECT object FROM main.settled_object)
