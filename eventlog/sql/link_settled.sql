-- Is the source of link l an object that stays as it is?
EXISTS (FROM main.object AS o JOIN main.settled_object USING (object) WHERE o.type = CAST(l.source_type AS VARCHAR) AND o.id = {prefix} || CAST(l.source_id AS VARCHAR))
