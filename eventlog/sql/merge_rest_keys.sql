-- Which keys do whole attributes stand for, in the place of columns?
list_transform(list_filter(coalesce(CAST({rest} AS JSON[]), []), lambda x: coalesce(x->>'again', '') <> 'true'), lambda x: x->>'key')
