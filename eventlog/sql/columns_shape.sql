-- Which columns may the logs of the store need, besides those that all have?
SELECT EXISTS (FROM main.event WHERE start IS NOT NULL) OR EXISTS (FROM main.event WHERE lower(lifecycle) = 'start') AS starts,
       EXISTS (FROM main.event WHERE resource IS NOT NULL) AS resources
