-- How many objects does the log refer to that it does not describe?
SELECT count(*) FROM main.object WHERE source = {source} AND NOT defined
