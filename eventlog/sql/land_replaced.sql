-- Which landed rows have changed?
DELETE FROM {table} AS l USING {fresh} AS s WHERE {match}
