-- Which relations lead from or to objects that are gone?
DELETE FROM main.object_object
WHERE source_object IN (SELECT object FROM r_object_gone) OR target_object IN (SELECT object FROM r_object_gone)
