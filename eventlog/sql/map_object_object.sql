-- Which objects belong together, as the mapping sees it?
CREATE TEMP TABLE m_object_object AS
SELECT CAST(source_type AS VARCHAR) AS source_type, CAST(source_id AS VARCHAR) AS source_id,
       CAST(target_type AS VARCHAR) AS target_type, CAST(target_id AS VARCHAR) AS target_id, {quantities}
FROM {from}
