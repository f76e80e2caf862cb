-- Which attribute holds text from now on?
UPDATE main.attribute SET sql_type = 'VARCHAR' WHERE owner = $1 AND type = $2 AND name = $3
