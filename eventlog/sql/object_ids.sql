-- What are the ids of some objects?
SELECT object, id FROM main.object WHERE object IN (SELECT unnest($1::BIGINT[])) ORDER BY object
