-- What are some objects called?
SELECT object, {name} FROM main.object WHERE object BETWEEN $1 AND $2 ORDER BY object
