-- Which attributes do the new events have?
INSERT INTO {table} (event{columns})
SELECT $1 + s.ord + 1{values}
FROM {staged} AS s {fresh}
