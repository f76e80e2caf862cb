-- By what mapping was the source mapped before rows of it were removed, if it has not said yet what it makes of the rest?
SELECT text FROM main.mapping WHERE source = $1 AND source IN (SELECT source FROM main.ghost_pending)
