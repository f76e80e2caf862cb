-- When did anything last happen in each group?
CREATE TEMP TABLE r_last AS
SELECT part, max(time) AS last FROM r_event WHERE part IS NOT NULL GROUP BY part
