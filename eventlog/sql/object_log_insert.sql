-- Is the log declared?
INSERT INTO main.object_log SELECT {source} WHERE {source} NOT IN (SELECT source FROM main.object_log)
