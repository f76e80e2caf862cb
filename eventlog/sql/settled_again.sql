-- Which of them have changed since?
DELETE FROM main.settled_row
WHERE source = {source} AND "table" = {table} AND key IN (
	SELECT md5_number({key}) FROM {from} WHERE {watermark} >= (SELECT landing FROM main.horizon))
