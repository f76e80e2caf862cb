-- Which events touch what each case has reached?
CREATE TEMP TABLE case_event AS
SELECT DISTINCT r.case_object, eo.event
FROM w_reach AS r JOIN main.event_object AS eo USING (object)
