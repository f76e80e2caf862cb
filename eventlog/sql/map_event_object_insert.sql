-- Which relations of events are new?
INSERT INTO main.event_object (event, object, qualifier, quantity, amount, currency, load)
SELECT event, object, qualifier, quantity, amount, currency, {load} FROM {fresh}
ORDER BY event, object, qualifier
