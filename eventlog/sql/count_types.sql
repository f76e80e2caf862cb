-- Which objects can a log be made of? Imported files stand each for itself.
SELECT o.type, count(*) AS objects
FROM main.object AS o, (SELECT case_type, len(follow) AS follows FROM main.known_log WHERE log = $1) AS l
WHERE CASE WHEN l.case_type IN (SELECT type FROM main.object_type) THEN o.source IN (SELECT source FROM main.object_type WHERE type = l.case_type)
      WHEN l.follows = 0 THEN o.type = l.case_type
      ELSE o.type NOT IN (SELECT case_type FROM main.log WHERE log = case_type) AND o.type NOT IN (SELECT type FROM main.object_type) END
GROUP BY o.type
ORDER BY o.type
