-- Which attributes do the new events have?
INSERT INTO {table} (event{columns})
SELECT fresh.event{values}
FROM {staged} AS s JOIN fresh USING (ord)
