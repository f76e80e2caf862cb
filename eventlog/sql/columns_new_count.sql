-- How many events are new?
SELECT count(*) FROM main.event WHERE load >= $1 AND load IN (SELECT unnest($2::INTEGER[]))
