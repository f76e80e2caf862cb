-- Which attribute holds values of a wider type from now on?
UPDATE main.attribute SET sql_type = $4 WHERE owner = $1 AND type = $2 AND name = $3
