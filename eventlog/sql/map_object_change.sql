-- Which attributes changed when, as the mapping sees it?
CREATE TEMP TABLE m_object_change AS
SELECT CAST(type AS VARCHAR) AS type, CAST(id AS VARCHAR) AS id, CAST(attribute AS VARCHAR) AS attribute,
       {time} AS time, CAST(old_value AS VARCHAR) AS old_value, CAST(new_value AS VARCHAR) AS new_value, {event_key} AS event_key
FROM {from}
