-- Which values do the next objects have?
SELECT type, object, attribute, time, kind, value FROM x_value WHERE row >= $1 AND row < $2 ORDER BY rowid
