-- How many rows were not taken?
SELECT sum(rows_rejected) FROM main.load
