-- Which events stay as they are from now on?
INSERT INTO main.settled_event
SELECT event FROM r_event
WHERE (part IN (SELECT part FROM r_touched WHERE part IS NOT NULL) OR event IN (SELECT event FROM r_touched WHERE event IS NOT NULL))
  AND event NOT IN (SELECT event FROM main.settled_event)
ORDER BY event
