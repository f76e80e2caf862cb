-- How many of a source's events have each attribute?
SELECT count(*), {counts} FROM p_event AS e JOIN p_source AS s ON s.code = e.source JOIN {table} AS t USING (event) WHERE s.source = $1
