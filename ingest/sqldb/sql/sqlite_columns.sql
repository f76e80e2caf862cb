-- Which columns has a table, and what is each declared as?
SELECT c.name, c.type, NULL, NULL, NULL
FROM (SELECT ? AS schema, ? AS name) t, pragma_table_xinfo(t.name, t.schema) c
WHERE c.hidden <> 1
ORDER BY c.cid
