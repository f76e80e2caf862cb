-- Which ids are referred to without a type?
CREATE TEMP TABLE o_untyped AS
SELECT object AS id FROM {event_object} WHERE type IS NULL
UNION SELECT source FROM {object_object} WHERE source_type IS NULL
UNION SELECT target FROM {object_object} WHERE target_type IS NULL
UNION SELECT object FROM {values} WHERE type IS NULL
