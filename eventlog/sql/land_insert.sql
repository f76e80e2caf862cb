-- What do they say now?
INSERT INTO {table} ({columns}, _load) SELECT {columns}, CAST($1 AS INTEGER) FROM {fresh} ORDER BY _line
