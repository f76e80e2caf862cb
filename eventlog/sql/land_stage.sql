-- Which rows did the extract bring?
CREATE TEMP TABLE {temp} AS FROM {file}
