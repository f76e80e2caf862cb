-- What can a condition on an event look at? One source; {table} has its attributes.
SELECT e.event, e.activity, e.time, e.resource, e.actor_kind, a.* EXCLUDE (event)
FROM main.event AS e LEFT JOIN events.{table} AS a ON a.event = e.event
WHERE e.source = {source}
