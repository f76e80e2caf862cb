-- Which activities are there, and how many values has each of every attribute?
SELECT activity, [{counts}] AS counts FROM x_event GROUP BY activity ORDER BY activity
