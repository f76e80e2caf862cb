-- Which of its attributes changed when?
SELECT attribute, time, coalesce(old_value, '') AS old_value, coalesce(new_value, '') AS new_value
FROM main.object_change
WHERE object = $1
ORDER BY time NULLS FIRST, load, attribute, new_value
