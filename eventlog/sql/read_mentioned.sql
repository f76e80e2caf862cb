-- Which objects does a source mention? (a condition on main.object o)
(o.source = {source}
   OR o.object IN (SELECT object FROM main.event_object WHERE event IN (SELECT event FROM main.event WHERE source = {source}))
   OR o.object IN (SELECT source_object FROM main.object_object WHERE source = {source})
   OR o.object IN (SELECT target_object FROM main.object_object WHERE source = {source})
   OR o.object IN (SELECT object FROM main.object_change WHERE source = {source}))
