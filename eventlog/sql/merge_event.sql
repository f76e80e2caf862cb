-- What happened, when, by whom, and where does it stand in the source?
INSERT INTO main.event (event, id, activity, time, start, precision, rank, resource, lifecycle, instance,
                        source, sequence, source_table, source_key, load)
SELECT fresh.event, fresh.id, s.activity, s.time, s.start, CASE WHEN s.day THEN 'day' ELSE 'exact' END, 0,
       s.resource, s.lifecycle, s.instance,
       $1, coalesce(s.sequence, $2 + fresh.ord + 1), nullif($3, ''), CAST(s.place AS VARCHAR), $4
FROM {staged} AS s JOIN fresh USING (ord)
