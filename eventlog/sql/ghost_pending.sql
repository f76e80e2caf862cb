-- Which sources have to say what their rows make now?
INSERT INTO main.ghost_pending SELECT $1 WHERE $1 NOT IN (SELECT source FROM main.ghost_pending)
