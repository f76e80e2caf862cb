-- What was said of people in the tables of a source?
SELECT concat_ws(chr(31), "table", "column", role) AS said FROM main.landing_role WHERE source = $1 ORDER BY said
