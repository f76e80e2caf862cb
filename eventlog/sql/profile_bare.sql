-- Which events touch no object?
CREATE TEMP TABLE p_bare AS
SELECT event, id, source, activity, time_us FROM p_event WHERE event NOT IN (SELECT event FROM main.event_object)
