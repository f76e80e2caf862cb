-- What is a customer called, who has this id or number?
SELECT o.id, coalesce({number}, '') AS number, coalesce({name}, '') AS name, o.source, coalesce(o.source_key, '') AS source_key
FROM main.object AS o {join}
WHERE (o.type = 'Customer' OR o.type IN (SELECT type FROM main.object_type WHERE name = 'Customer'))
  AND (o.id = $1 OR {number} = $1)
ORDER BY ALL
