-- Which changes are older than events are kept?
DELETE FROM m_object_change WHERE time < (SELECT events FROM main.horizon)
