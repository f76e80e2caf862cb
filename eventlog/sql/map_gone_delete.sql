-- Which rows belong to events that are gone or will be written anew?
DELETE FROM {table} WHERE event IN (SELECT event FROM {from})
