-- Which objects get a description, lose theirs, or have it from another row?
CREATE TEMP TABLE m_moved AS
SELECT object FROM m_number
WHERE NOT fresh AND object NOT IN (SELECT object FROM main.settled_object) AND (
	defined AND NOT was_defined
	OR owner = $1 AND was_defined AND NOT defined AND object NOT IN (SELECT object FROM m_held)
	OR owner = $1 AND defined AND (source_table IS DISTINCT FROM old_table OR source_key IS DISTINCT FROM old_key)
)
