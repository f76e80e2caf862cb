-- Which attributes are new, and in which columns are they?
INSERT INTO main.attribute (owner, type, name, "column", sql_type, unit)
SELECT $1, $2, unnest($3::VARCHAR[]), unnest($4::VARCHAR[]), unnest($5::VARCHAR[]), nullif(unnest($6::VARCHAR[]), '')
