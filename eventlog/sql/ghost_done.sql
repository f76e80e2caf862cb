-- Which sources have said so?
DELETE FROM main.ghost_pending WHERE source = {source}
