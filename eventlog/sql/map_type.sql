-- Which attributes do the objects of one type have, as the mapping sees it?
CREATE TEMP TABLE {temp} AS
SELECT CAST(id AS VARCHAR) AS id{values} FROM {from}
