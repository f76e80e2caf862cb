-- Of which types are the objects that lost their description?
SELECT DISTINCT o.type
FROM main.object AS o SEMI JOIN m_moved USING (object)
WHERE o.source = $1 AND NOT o.defined
ORDER BY o.type
