-- How many events touch a type of the walk, and are in no case?
SELECT count(DISTINCT eo.event)
FROM main.event_object AS eo
WHERE eo.object IN (SELECT object FROM w_object)
  AND eo.event NOT IN (SELECT event FROM case_event)
