-- Which numbers between are of the type?
AND object IN (SELECT object FROM main.object WHERE type = {type})
