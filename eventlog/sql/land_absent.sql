-- Which landed rows does the source not have any more? What was just read, it has.
DELETE FROM {table} AS l
WHERE NOT EXISTS (FROM {present} AS s WHERE {match}) AND NOT EXISTS (FROM {temp} AS s WHERE {match})
