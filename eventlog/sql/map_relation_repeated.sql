-- How many relations say nothing that another does not say?
SELECT (SELECT count(*) FROM m_event_object) - (SELECT count(*) FROM (SELECT DISTINCT * FROM m_event_object))
     + (SELECT count(*) FROM m_object_object) - (SELECT count(*) FROM (SELECT DISTINCT * FROM m_object_object))
