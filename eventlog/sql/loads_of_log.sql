-- Which loads made a log? Imported files make the log of their name, systems all others.
SELECT load, source, kind, origin, ended_at, rows_in, rows_new, rows_known, rows_rejected
FROM main.load
WHERE source IN (SELECT source FROM main.log_source WHERE log = $1)
   OR source = $1 AND source IN (SELECT source FROM main.object_log)
ORDER BY load
