-- How are the events of a log put together?
INSERT INTO main.log (log, case_type, follow, items, lifecycle) VALUES ($1, $2, $3, $4, $5)
