-- Which events are older than they are kept?
CREATE TEMP TABLE r_gone AS
SELECT r.event, r.part, e.source FROM r_event AS r JOIN main.event AS e USING (event)
WHERE r.time < $1::TIMESTAMPTZ
