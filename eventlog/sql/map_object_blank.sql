-- Which objects have no id?
DELETE FROM m_object WHERE id IS NULL
