-- Which landed rows are not in the extract any more?
DELETE FROM {table} AS l WHERE NOT EXISTS (FROM {temp} AS s WHERE {match})
