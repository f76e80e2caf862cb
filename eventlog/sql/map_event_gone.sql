-- Which events does the mapping not see any more?
CREATE TEMP TABLE m_gone AS
SELECT event FROM (SELECT event, id FROM main.event WHERE source = $1) ANTI JOIN m_event USING (id)
ANTI JOIN main.settled_event USING (event)
