-- How many objects of the case type have no events?
SELECT count(*) FROM main.object WHERE type = $1 AND object NOT IN (SELECT case_object FROM case_event)
