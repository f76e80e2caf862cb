-- Which columns of a table may be read, and of which type is each, its domain resolved? The length is the type's modifier.
WITH RECURSIVE base AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  UNION ALL
  SELECT b.attnum, b.attname, t.typbasetype, t.typtypmod
  FROM base b
  JOIN pg_catalog.pg_type t ON t.oid = b.type
  WHERE t.typtype = 'd'
)
SELECT b.attname,
       CASE WHEN t.typcategory = 'A' THEN 'array' WHEN t.typtype = 'c' THEN 'composite' ELSE t.typname END AS type,
       b.modifier, NULL::bigint AS precision, NULL::bigint AS scale
FROM base b
JOIN pg_catalog.pg_type t ON t.oid = b.type
WHERE t.typtype <> 'd'
ORDER BY b.attnum
