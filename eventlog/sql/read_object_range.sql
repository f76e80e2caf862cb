-- Which are the next objects? (not those only referred to)
SELECT type, id FROM x_object WHERE rowid >= $1 AND rowid < $2 AND defined ORDER BY rowid
