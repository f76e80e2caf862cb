-- Which are the next cases?
SELECT case_object, id, events FROM log_case WHERE rowid >= $1 AND rowid < $2 ORDER BY rowid
