-- Which events touch each object of the types $1? Of the sources $2 only, if any are named, and of the table within, if $3.
CREATE TEMP TABLE case_event AS
SELECT DISTINCT object AS case_object, event
FROM main.event_object
WHERE object IN (SELECT object FROM main.object WHERE list_contains($1::VARCHAR[], type))
  AND (len($2::VARCHAR[]) = 0 OR event IN (SELECT event FROM main.event WHERE list_contains($2::VARCHAR[], source)))
  AND (NOT $3::BOOLEAN OR event IN (SELECT event FROM within))
