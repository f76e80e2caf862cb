-- Which columns are the primary key of a table, in its order? Not where they may be NULL, which SQLite allows.
WITH columns AS (
  SELECT c.name, c.pk, c."notnull" AS required, c.type
  FROM (SELECT ? AS schema, ? AS name) t, pragma_table_info(t.name, t.schema) c
  WHERE c.pk > 0
)
SELECT name
FROM columns
WHERE NOT EXISTS (SELECT 1 FROM columns WHERE NOT required AND NOT (upper(type) = 'INTEGER' AND (SELECT count(*) FROM columns) = 1))
ORDER BY pk
