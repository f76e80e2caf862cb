-- Which values did the attributes of those have, one after the other?
CREATE TEMP TABLE o_history AS
SELECT a.type, v.object, v.attribute, v.time, v.kind, v.value, v.sequence,
       lag(v.value) OVER w AS old, lead(v.object) OVER w IS NULL AS latest
FROM main.object_value AS v JOIN o_affected AS a USING (object)
WINDOW w AS (PARTITION BY v.object, v.attribute ORDER BY v.time NULLS FIRST, v.sequence)
