-- What are the ids of some objects?
SELECT object, id FROM main.object WHERE list_contains($1::BIGINT[], object) ORDER BY object
