-- Which objects do settled ones refer to? They keep what was said of them.
CREATE TEMP TABLE m_held AS
SELECT object FROM main.settled_object
UNION SELECT source_object FROM main.object_object WHERE target_object IN (SELECT object FROM main.settled_object)
UNION SELECT target_object FROM main.object_object WHERE source_object IN (SELECT object FROM main.settled_object)
UNION SELECT object FROM main.event_object WHERE event IN (SELECT event FROM main.settled_event)
