-- Which objects is a log made of? $1 is the log, $2 the object-centric log it is of, if any; an imported file has the cases of its own.
CREATE TEMP TABLE p_object AS
WITH imported AS (
	SELECT log FROM main.log WHERE log = case_type
	UNION ALL
	SELECT type FROM main.object_type
)
SELECT object, type, id, defined, source
FROM main.object
WHERE CASE WHEN $2 <> '' THEN source = $2 WHEN $1 IN (FROM imported) THEN type = $1 ELSE type NOT IN (FROM imported) END
