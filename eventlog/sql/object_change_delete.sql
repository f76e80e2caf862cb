-- Which changes were derived from less?
DELETE FROM main.object_change WHERE source = {source} AND object IN (SELECT object FROM o_affected)
