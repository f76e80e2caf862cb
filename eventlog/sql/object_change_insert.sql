-- Which attributes changed when? An initial state is not a change, nor is a value said again.
INSERT INTO main.object_change (object, attribute, time, old_value, new_value, source, load)
SELECT object, attribute, time, old, value, {source}, {load}
FROM o_history
WHERE time IS NOT NULL AND value IS DISTINCT FROM old
ORDER BY object, time, sequence
