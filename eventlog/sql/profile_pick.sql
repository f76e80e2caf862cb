-- Which events of a kind come first?
SELECT event FROM p_event WHERE {condition} ORDER BY time_us NULLS FIRST, id LIMIT 5
