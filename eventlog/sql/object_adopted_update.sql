-- Which type do they have?
UPDATE main.object AS o SET type = a.type, load = {load} FROM o_adopted AS a WHERE a.object = o.object
