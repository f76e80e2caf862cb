-- Is there a limit for events, and how many objects are settled?
SELECT (SELECT count(events) FROM main.horizon), (SELECT count(*) FROM main.settled_object)
