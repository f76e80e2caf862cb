-- To which events is the flow narrowed?
CREATE TEMP TABLE within (event BIGINT)
