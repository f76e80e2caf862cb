-- Which staged rows were not removed because of their age? (stands after FROM)
(SELECT * FROM {from} WHERE md5_number({key}) NOT IN (SELECT key FROM main.settled_row WHERE source = {source} AND "table" = {table}))
