-- Which attributes do the new cases have?
INSERT INTO {table} (object{columns})
SELECT c.object{values}
FROM staged_case AS c LEFT JOIN case_value USING (object)
WHERE c.fresh
ORDER BY c.object
