-- Which staged events may be repeated?
SEMI JOIN (FROM {repeats}) USING (high, low)
