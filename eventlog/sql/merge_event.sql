-- What happened, when, by whom, and where does it stand in the source?
-- Numbers follow the order of arrival, with gaps where an event was known.
INSERT INTO main.event (event, id, activity, time, start, precision, rank, resource, lifecycle, instance,
                        source, sequence, source_table, source_key, load)
SELECT $5 + s.ord + 1, {id}, s.activity, s.time, s.start, CASE WHEN s.day THEN 'day' ELSE 'exact' END, 0,
       s.resource, s.lifecycle, s.instance,
       $1, coalesce(s.sequence, $2 + s.ord + 1), nullif($3, ''), CAST(s.place AS VARCHAR), $4
FROM {staged} AS s {fresh}
