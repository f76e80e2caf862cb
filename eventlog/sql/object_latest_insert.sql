-- What are the attributes of the objects of a type now?
INSERT INTO {table} (object{columns})
SELECT a.object{latest}
FROM (SELECT object FROM o_affected WHERE type = {type}) AS a
LEFT JOIN (SELECT object, attribute, value FROM o_history WHERE type = {type} AND latest) AS h ON h.object = a.object
GROUP BY a.object
ORDER BY a.object
