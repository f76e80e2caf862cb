-- By which keys are people in the store known?
SELECT DISTINCT key FROM (
	SELECT max_by(options, load)->>'$.names.key' AS key FROM main.load GROUP BY source
	UNION ALL SELECT key FROM main.forgotten
) WHERE key IS NOT NULL ORDER BY key
