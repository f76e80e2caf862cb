-- Which other objects do its events touch?
SELECT eo.event, eo.qualifier, o.type, o.id,
       coalesce(CAST(eo.quantity AS VARCHAR), '') AS quantity, coalesce(CAST(eo.amount AS VARCHAR), '') AS amount, coalesce(eo.currency, '') AS currency
FROM main.event_object AS eo
JOIN main.object AS o USING (object)
WHERE eo.object <> $1 AND eo.event IN (SELECT event FROM traced)
ORDER BY eo.event, o.type, o.id, eo.qualifier
