-- Which events are new or changed, and which numbers do they have?
CREATE TEMP TABLE m_fresh AS
SELECT m.*, coalesce(r.rank, 0) AS rank, e.event AS known,
       coalesce(e.event, (SELECT coalesce(max(event), 0) FROM main.event)
                         + row_number() OVER (PARTITION BY e.event IS NULL ORDER BY m.time NULLS LAST, m.sequence, m.key)) AS event
FROM m_event AS m
LEFT JOIN m_rank AS r ON r.activity = m.activity
LEFT JOIN (
	SELECT v.event, v.id, v.activity, v.time, v.start, v.precision, v.rank, v.resource, v.actor_kind,
	       v.sequence, v.source_table, v.source_key{old}
	FROM main.event AS v {join}
	WHERE v.source = $1
) AS e ON e.id = m.id
WHERE e.event IS NULL
   OR e.event NOT IN (SELECT event FROM main.settled_event) AND (
      e.activity <> m.activity
   OR e.time IS DISTINCT FROM m.time
   OR e.start IS DISTINCT FROM m.start
   OR e.precision <> m.precision
   OR e.rank <> coalesce(r.rank, 0)
   OR e.resource IS DISTINCT FROM m.resource
   OR e.actor_kind IS DISTINCT FROM m.actor_kind
   OR e.sequence <> m.sequence
   OR e.source_table IS DISTINCT FROM m.source_table
   OR e.source_key IS DISTINCT FROM m.source_key{differs})
