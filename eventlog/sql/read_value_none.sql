-- What values do they have? (none yet)
CREATE TEMP TABLE x_said (row BIGINT, attribute VARCHAR, time BIGINT, kind VARCHAR, value VARCHAR, sequence BIGINT)
