-- What does a mapping refer to that others describe? What it calls its own gets the prefix, as its objects do. An id that is
-- an object's as it stands is that object, which another source describes; users are the same to all.
INSERT INTO main.link
WITH l AS (
	SELECT CAST(source_type AS VARCHAR) AS source_type, CASE WHEN source_type <> 'User' THEN {prefix} ELSE '' END || CAST(source_id AS VARCHAR) AS source_id,
	       coalesce(CAST(qualifier AS VARCHAR), '') AS qualifier, CAST(target_type AS VARCHAR) AS target_type, CAST(key AS VARCHAR) AS key,
	       coalesce({attribute}, 'id') AS attribute, CAST(matches AS BIGINT) AS matches, {target} AS target_id, {amount} AS amount, {currency} AS currency
	FROM {from}
	WHERE source_type IS NOT NULL AND source_id IS NOT NULL AND target_type IS NOT NULL AND key IS NOT NULL AND matches IS NOT NULL
)
SELECT {source}, source_type, source_id, qualifier, target_type, key, attribute, matches,
       CASE WHEN target_type = 'User' OR EXISTS (FROM main.object AS o WHERE o.type = l.target_type AND o.id = l.target_id AND o.defined
                                                 AND (o.source <> {source} OR starts_with(o.id, {prefix})))
            THEN target_id ELSE {prefix} || target_id END,
       amount, currency
FROM l
WHERE NOT {settled}
