-- What do they say?
UPDATE main.event AS e SET activity = c.activity, time = c.time, resource = c.resource, load = {load}
FROM o_changed AS c
WHERE c.event = e.event
