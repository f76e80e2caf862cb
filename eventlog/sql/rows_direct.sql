-- Which events touch each object of a type? (stands after FROM)
(SELECT object AS case_object, event FROM main.event_object WHERE object BETWEEN {low} AND {high} {among})
