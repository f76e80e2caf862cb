-- Which rows are in the one and not in the other?
CREATE OR REPLACE TEMP TABLE {result} AS FROM {a} EXCEPT FROM {b}
