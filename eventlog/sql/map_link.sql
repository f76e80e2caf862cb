-- What does a mapping refer to that others describe?
INSERT INTO main.link
SELECT {source}, CAST(source_type AS VARCHAR), CAST(source_id AS VARCHAR), coalesce(CAST(qualifier AS VARCHAR), ''), CAST(target_type AS VARCHAR),
       CAST(key AS VARCHAR), coalesce({attribute}, 'id'), CAST(matches AS BIGINT), {target}, {amount}, {currency}
FROM {from} AS l
WHERE source_type IS NOT NULL AND source_id IS NOT NULL AND target_type IS NOT NULL AND key IS NOT NULL AND matches IS NOT NULL
  AND NOT {settled}
