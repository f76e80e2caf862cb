-- Which objects were only referred to, and are described now?
UPDATE main.object AS o SET defined = true, load = {load} FROM o_typed AS t
WHERE t.defined AND NOT o.defined AND o.source = {source} AND o.type = t.type AND o.id = t.id
