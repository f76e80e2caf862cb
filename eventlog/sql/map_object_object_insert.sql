-- Which relations of objects are new?
INSERT INTO main.object_object (source_object, target_object, qualifier, quantity, amount, currency, source, load)
SELECT source_object, target_object, qualifier, quantity, amount, currency, {source}, {load} FROM {fresh}
ORDER BY source_object, target_object, qualifier
