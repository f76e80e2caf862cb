-- How many relations are there, of events and among objects?
SELECT (SELECT count(*) FROM main.event_object WHERE object IN (SELECT object FROM p_object))
     + (SELECT count(*) FROM main.object_object WHERE source_object IN (SELECT object FROM p_object))
