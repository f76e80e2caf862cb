-- Of which types are the objects of systems?
SELECT DISTINCT type FROM main.object
WHERE type NOT IN (SELECT case_type FROM main.log WHERE log = case_type AND log IN (SELECT source FROM main.load))
  AND type NOT IN (SELECT type FROM main.object_type)
ORDER BY type
