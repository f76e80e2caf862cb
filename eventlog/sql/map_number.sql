-- Which number does each of them have, and who brought it?
CREATE TEMP TABLE m_number AS
SELECT m.type, m.id, m.defined, m.source_table, m.source_key,
       o.object IS NULL AS fresh, o.source AS owner, o.defined AS was_defined,
       o.source_table AS old_table, o.source_key AS old_key,
       coalesce(o.object, (SELECT coalesce(max(object), 0) FROM main.object)
                          + row_number() OVER (PARTITION BY o.object IS NULL ORDER BY m.type, m.id)) AS object
FROM m_target AS m LEFT JOIN main.object AS o ON o.type = m.type AND o.id = m.id
