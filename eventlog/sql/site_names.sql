-- Which sites does an attribute of cases, or of events, name?
SELECT DISTINCT {value} AS site FROM {table} WHERE {value} <> '' ORDER BY site
