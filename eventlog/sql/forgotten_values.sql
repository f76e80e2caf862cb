-- Which values does a column have?
SELECT DISTINCT CAST({column} AS VARCHAR) AS v FROM {from} WHERE {column} IS NOT NULL ORDER BY v
