-- How often does each activity occur in a source?
SELECT activity, count(*) AS events FROM main.event WHERE source = $1 GROUP BY activity ORDER BY activity
