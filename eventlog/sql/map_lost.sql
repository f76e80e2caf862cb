-- Which attributes does nobody vouch for any more?
DELETE FROM {table}
WHERE object IN (SELECT o.object FROM main.object AS o SEMI JOIN m_moved USING (object) WHERE o.source = $1 AND NOT o.defined)
