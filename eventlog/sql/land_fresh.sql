-- Which of them are new or changed?
CREATE TEMP TABLE {fresh} AS
SELECT s.*
FROM {temp} AS s LEFT JOIN {table} AS l ON {match}
WHERE l._load IS NULL OR {differs}
