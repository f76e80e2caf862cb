-- Which loads made a log? Imported files make the log of their name, systems all others.
SELECT load, source, kind, origin, ended_at, rows_in, rows_new, rows_known, rows_rejected
FROM main.load
WHERE CASE WHEN (SELECT len(follow) FROM main.log WHERE log = $1) = 0 THEN source = $1
      ELSE source NOT IN (SELECT log FROM main.log WHERE log = case_type) END
ORDER BY load
