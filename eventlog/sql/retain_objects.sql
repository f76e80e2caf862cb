-- Which objects have lost the last event of all that hangs together with them?
CREATE TEMP TABLE r_object_gone AS
SELECT m.object, o.type
FROM r_member AS m JOIN main.object AS o USING (object)
WHERE m.part IN (SELECT part FROM r_gone)
  AND m.part NOT IN (SELECT part FROM r_event WHERE part IS NOT NULL AND event NOT IN (SELECT event FROM r_gone))
