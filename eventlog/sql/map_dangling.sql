-- How many objects does this source refer to that nobody describes?
SELECT o.type, count(*) AS objects
FROM main.object AS o SEMI JOIN m_number USING (object)
WHERE NOT o.defined
GROUP BY o.type
ORDER BY o.type
