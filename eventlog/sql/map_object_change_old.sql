-- Which changes did this source know?
CREATE OR REPLACE TEMP TABLE x_old AS
SELECT object, attribute, time, old_value, new_value, event
FROM main.object_change
WHERE source = {source}
