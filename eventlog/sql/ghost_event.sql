-- Which events would be new?
INSERT INTO main.ghost_event
SELECT DISTINCT id FROM m_event
WHERE key IS NOT NULL AND id NOT IN (SELECT id FROM main.event) AND id NOT IN (SELECT id FROM main.ghost_event)
ORDER BY id
