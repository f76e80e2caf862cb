-- Was a row removed because of its age, and has not changed since? (stands in a SELECT)
-- A day before the horizon counts as since: which zone a watermark is of, the load knows.
(md5_number(concat_ws('/', {key})) IN (SELECT key FROM main.settled_row WHERE source = {source} AND "table" = {table})
	AND (greatest(NULL::TIMESTAMPTZ, {watermark}) >= (SELECT landing - INTERVAL 1 DAY FROM main.horizon)) IS NOT TRUE)
