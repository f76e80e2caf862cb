-- Which files did a log have?
SELECT file FROM main.columns WHERE log = $1 ORDER BY file
