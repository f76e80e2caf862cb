-- Which objects does each event touch, as the mapping sees it?
CREATE TEMP TABLE m_event_object AS
SELECT CAST(event_key AS VARCHAR) AS event_key, CAST(type AS VARCHAR) AS type, CAST(id AS VARCHAR) AS id, {quantities}
FROM {from}
