-- How many ids that are referred to without a type do several objects have?
SELECT count(*) FROM (
	SELECT id FROM main.object SEMI JOIN o_untyped USING (id) WHERE source = {source} GROUP BY id HAVING count(*) > 1)
