-- Which known cases have another value now?
CREATE TEMP TABLE case_changed AS
SELECT v.* FROM case_value AS v
JOIN {table} AS t USING (object)
WHERE {differs}
