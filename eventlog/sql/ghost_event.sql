-- Which events would be new?
INSERT INTO main.ghost_event
SELECT DISTINCT id FROM (SELECT md5_number(concat({source}, chr(31), CAST(key AS VARCHAR))) AS id FROM {view} WHERE key IS NOT NULL)
WHERE id NOT IN (SELECT id FROM main.event) AND id NOT IN (SELECT id FROM main.ghost_event)
ORDER BY id
