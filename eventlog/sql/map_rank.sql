-- Which place does each activity have in the process?
INSERT INTO m_rank SELECT unnest($1::VARCHAR[]), unnest($2::INTEGER[])
