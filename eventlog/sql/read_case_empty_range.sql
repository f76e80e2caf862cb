-- Which are the next cases without events?
SELECT object, id FROM y_empty WHERE rowid >= $1 AND rowid < $2 ORDER BY rowid
