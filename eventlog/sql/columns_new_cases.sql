-- Which cases are the new events of?
SELECT event, object
FROM main.event_object
WHERE load >= $1 AND load IN (SELECT unnest($2::INTEGER[]))
