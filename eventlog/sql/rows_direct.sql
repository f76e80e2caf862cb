-- Which events touch each object of a type? (numbers of objects, of which $many are of others)
(SELECT object AS case_object, event FROM main.event_object WHERE object BETWEEN {low} AND {high} {among})
