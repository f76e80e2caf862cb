-- How many objects does this load describe that nothing described before?
SELECT count(*) FROM main.object SEMI JOIN (SELECT type, id FROM o_typed WHERE defined) USING (type, id)
WHERE source = {source} AND load = {load}
