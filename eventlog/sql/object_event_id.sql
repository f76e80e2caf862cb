-- Which identity does each staged event have?
CREATE TEMP TABLE o_id AS
SELECT ord, place, md5_number(concat({source}, chr(31), id)) AS id FROM {events}
