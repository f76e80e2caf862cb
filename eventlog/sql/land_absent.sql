-- Which landed rows, of those that were asked for, does the source not have any more? What was just read, it has.
DELETE FROM {table} AS l
WHERE {among} AND NOT EXISTS (FROM {present} AS s WHERE {match}) AND NOT EXISTS (FROM {temp} AS s WHERE {match})
