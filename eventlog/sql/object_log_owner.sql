-- What else has the name of the log, or a type of objects that would be its?
SELECT 'a log of cases has this name' FROM main.log WHERE log = {source} AND log = case_type
UNION ALL
SELECT 'a source of tables has this name' FROM main.mapping WHERE source = {source}
UNION ALL
(SELECT concat('source "', source, '" has objects of a type that begins with ', {prefix}) FROM main.object
WHERE source <> {source} AND starts_with(type, {prefix}) ORDER BY source LIMIT 1)
