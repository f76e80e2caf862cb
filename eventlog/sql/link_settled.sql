-- Is the source of link l an object that stays as it is?
EXISTS (FROM main.object AS o JOIN main.settled_object USING (object) WHERE o.type = l.source_type AND o.id = l.source_id)
