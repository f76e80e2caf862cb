-- Which objects are the next ones related to?
SELECT source_type, source, target_type, target, qualifier FROM x_object_object WHERE row >= $1 AND row < $2 ORDER BY rowid
