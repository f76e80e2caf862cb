-- Which objects is this one related to?
SELECT r.inverse, r.qualifier, o.type, o.id,
       coalesce(CAST(r.quantity AS VARCHAR), '') AS quantity, coalesce(CAST(r.amount AS VARCHAR), '') AS amount, coalesce(r.currency, '') AS currency
FROM (
	SELECT target_object AS object, false AS inverse, qualifier, quantity, amount, currency FROM main.object_object WHERE source_object = $1
	UNION ALL
	SELECT source_object, true, qualifier, quantity, amount, currency FROM main.object_object WHERE target_object = $1
) AS r
JOIN main.object AS o USING (object)
ORDER BY o.type, o.id, r.qualifier, r.inverse, r.quantity, r.amount
