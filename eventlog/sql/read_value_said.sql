-- What does an object-centric log say of them?
INSERT INTO x_said
SELECT x.row, v.attribute, coalesce(epoch_us(v.time), -9223372036854775808), v.kind, v.value, v.sequence
FROM (SELECT rowid AS row, object FROM x_object) AS x JOIN main.object_value AS v ON v.object = x.object
