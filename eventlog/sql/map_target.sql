-- Which objects are there, by description or by reference?
CREATE TEMP TABLE m_target AS
SELECT type, id, true AS defined, source_table, source_key FROM m_object
UNION ALL
SELECT DISTINCT r.type, r.id, false, NULL, NULL
FROM (
	SELECT type, id FROM m_event_object
	UNION ALL SELECT source_type, source_id FROM m_object_object
	UNION ALL SELECT target_type, target_id FROM m_object_object
	UNION ALL SELECT type, id FROM m_object_change
) AS r
ANTI JOIN m_object USING (type, id)
