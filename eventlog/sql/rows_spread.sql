-- How many rows has each stretch of cases, or of events?
SELECT ({column} - $1) // $2 AS stretch, count(*) FROM {pairs} GROUP BY stretch ORDER BY stretch
