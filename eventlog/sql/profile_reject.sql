-- Which rows did the loads of these sources not take?
SELECT r.place, coalesce(r."column", '') AS "column", r.reason, l.source
FROM main.reject AS r JOIN main.load AS l USING (load)
WHERE l.source IN (SELECT source FROM p_source)
ORDER BY l.source, r.place, "column", r.reason
LIMIT 5
