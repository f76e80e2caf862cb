-- Which objects did this source put together?
CREATE OR REPLACE TEMP TABLE x_old AS
SELECT source_object, target_object, qualifier, quantity, amount, currency
FROM main.object_object
WHERE source = {source}
