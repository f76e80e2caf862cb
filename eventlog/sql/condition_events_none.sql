-- What can a condition on an event look at where its source has no attributes?
SELECT event, activity, time, resource, actor_kind FROM main.event WHERE source = {source}
