-- Which events would the rows that are left make of what is settled? (they lack the rows beside them)
DELETE FROM m_event
WHERE (greatest(time, start) >= (SELECT landing FROM main.horizon)) IS NOT TRUE
  AND key IN (
	SELECT m.event_key FROM m_event_object AS m
	JOIN main.object AS o ON o.type = m.type AND o.id = m.id
	WHERE o.object IN (SELECT object FROM main.settled_object))
