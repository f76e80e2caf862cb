-- Which events has each case, and when?
CREATE TEMP TABLE p_step AS
SELECT c.case_object, e.event, e.id, e.activity, e.source, e.day, e.rank, e.sequence,
       coalesce(e.start_us, e.time_us) AS begin_us, coalesce(e.time_us, e.start_us) AS end_us
FROM case_event AS c JOIN p_event AS e USING (event)
WHERE e.time_us IS NOT NULL OR e.start_us IS NOT NULL
