-- What do the new and changed events say?
INSERT INTO main.event (event, id, activity, time, start, precision, rank, resource, actor_kind,
                        source, sequence, source_table, source_key, load)
SELECT event, id, activity, time, start, precision, rank, resource, actor_kind,
       $1, sequence, source_table, source_key, $2
FROM m_fresh
ORDER BY event
