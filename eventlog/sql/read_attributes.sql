-- Which attributes do some events or cases have?
CREATE OR REPLACE TEMP TABLE {name} AS
SELECT n.i{attributes} FROM y_number AS n JOIN {table} AS a ON a.{owner} = n.number ORDER BY n.i
