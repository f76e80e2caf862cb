-- Which objects can the walk meet? (one row for each part an object can play)
CREATE TEMP TABLE w_object AS
SELECT object, kind FROM main.object JOIN w_kind USING (type)
