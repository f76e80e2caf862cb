-- Which events are the story: those of the object, and those of its case?
CREATE OR REPLACE TEMP TABLE traced AS
SELECT e.event, coalesce(o.qualifier, '') AS qualifier
FROM (SELECT event FROM main.event_object WHERE object = $1 UNION SELECT unnest($2::BIGINT[])) AS e
LEFT JOIN (SELECT event, min(qualifier) AS qualifier FROM main.event_object WHERE object = $1 GROUP BY event) AS o USING (event)
