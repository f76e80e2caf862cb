-- Which objects does the mapping describe?
CREATE TEMP TABLE m_object (type, id, source_table, source_key) AS
{all}
