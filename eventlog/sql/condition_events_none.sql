-- What can a condition on an event look at where no source has attributes?
SELECT event, activity, time, resource, actor_kind FROM main.event
