-- What does the log say of its objects?
INSERT INTO main.object_value (object, attribute, time, kind, value, sequence, source, load)
SELECT object, attribute, time, kind, value,
       (SELECT coalesce(max(sequence), 0) FROM main.object_value WHERE source = {source}) + row_number() OVER (ORDER BY ord) AS sequence,
       {source}, {load}
FROM o_value
ORDER BY object, sequence
