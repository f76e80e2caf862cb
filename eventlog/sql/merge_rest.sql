-- What do the columns not say, with attributes of another type than the log has for them?
CASE WHEN len(list_filter([{parts}], lambda x: x IS NOT NULL)) = 0 THEN CAST({rest} AS JSON)
     ELSE to_json(list_concat(coalesce(CAST({rest} AS JSON[]), []), list_filter([{parts}], lambda x: x IS NOT NULL))) END
