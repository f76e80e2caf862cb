-- Which objects do the next events touch?
SELECT event, type, object, qualifier FROM x_event_object WHERE row >= $1 AND row < $2 ORDER BY rowid
