-- Which events touch each case object itself? (nothing to walk through)
CREATE TEMP TABLE case_event AS
SELECT DISTINCT object AS case_object, event
FROM main.event_object
WHERE object IN (SELECT object FROM main.object WHERE type = $1)
