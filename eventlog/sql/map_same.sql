-- Were the views made by this text, for this model and time zone?
SELECT count(*) FROM main.mapping WHERE source = $1 AND text = $2 AND model = $3
