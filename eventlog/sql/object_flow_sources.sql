-- Which of the events from number $1 to below $2 are of the sources $3?
SELECT event FROM main.event WHERE event >= $1 AND event < $2 AND list_contains($3::VARCHAR[], source)
