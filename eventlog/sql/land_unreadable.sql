-- How many keys of the source are none here?
SELECT count(*) FROM read_parquet({file}) WHERE {bad}
