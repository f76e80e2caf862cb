-- Which are the next events?
SELECT * FROM x_event WHERE rowid >= $1 AND rowid < $2 ORDER BY rowid
