-- Which objects stay as they are from now on?
INSERT INTO main.settled_object
SELECT object FROM r_member
WHERE part IN (SELECT part FROM r_touched WHERE part IS NOT NULL)
  AND object NOT IN (SELECT object FROM main.settled_object)
ORDER BY object
