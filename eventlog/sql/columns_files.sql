-- Which files do the logs of the store have?
SELECT file FROM main.columns ORDER BY file
