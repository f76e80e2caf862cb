-- Which events are older than they are kept?
DELETE FROM m_event WHERE greatest(time, start) < (SELECT events FROM main.horizon)
