-- Which attributes do the objects of a type have, in which types of values?
SELECT DISTINCT attribute, kind FROM o_history WHERE type = $1 AND latest ORDER BY attribute, kind
