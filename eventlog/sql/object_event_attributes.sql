-- Which attributes do the new events have?
INSERT INTO {table} (event{columns})
SELECT o.event{attributes}
FROM {events} AS s JOIN o_event AS o USING (ord)
WHERE o.known IS NULL
ORDER BY o.event
