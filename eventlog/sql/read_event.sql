-- Which events does a source have, in order?
CREATE OR REPLACE TEMP TABLE x_event AS
SELECT e.event, {id} AS id, e.activity, coalesce(epoch_us(e.time), -9223372036854775808) AS time{attributes}
FROM main.event AS e {join}
WHERE e.source = {source}
ORDER BY {order}
