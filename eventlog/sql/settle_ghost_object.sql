-- Which objects, or relations of theirs, are made of rows that are left over?
DELETE FROM {table} AS m USING main.ghost_object AS g WHERE g.type = m.{type} AND g.id = m.{id}
