-- Which events or cases are read next, and in which order? (filled by the reader)
CREATE TEMP TABLE y_number (i BIGINT, number BIGINT)
