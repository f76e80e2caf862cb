-- Which attributes do changed events have now?
INSERT INTO {table} (event{columns}) SELECT event{attributes} FROM o_changed ORDER BY event
