-- How many events of an object-centric log touch no object of a type?
SELECT count(*) FROM main.event
WHERE source IN (SELECT source FROM main.object_type WHERE type = {type}) AND event NOT IN (SELECT event FROM case_event)
