-- Which events does the mapping see?
CREATE TEMP TABLE m_event AS
SELECT md5_number(concat({source}, chr(31), CAST(key AS VARCHAR))) AS id,
       CAST(key AS VARCHAR) AS key,
       CAST(activity AS VARCHAR) AS activity,
       {time} AS time,
       {start} AS start,
       {precision} AS precision,
       {resource} AS resource,
       {actor_kind} AS actor_kind,
       coalesce({sequence}, 0) AS sequence,
       {source_table} AS source_table,
       {source_key} AS source_key{attributes}
FROM {from}
