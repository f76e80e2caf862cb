-- Which sources has the store, and of what kind are they?
SELECT source, CASE WHEN source IN (SELECT source FROM main.object_log) THEN 'object'
                    WHEN source IN (SELECT log FROM main.log WHERE log = case_type) THEN 'case'
                    ELSE 'table' END AS kind
FROM (SELECT DISTINCT source FROM main.load)
ORDER BY source
