-- Which rows belong to objects that are gone?
DELETE FROM {table} WHERE object IN (SELECT object FROM {from})
