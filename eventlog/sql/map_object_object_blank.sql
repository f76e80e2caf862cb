-- Which relations of objects lead from nothing or to nothing?
DELETE FROM m_object_object
WHERE source_type IS NULL OR source_id IS NULL OR target_type IS NULL OR target_id IS NULL
