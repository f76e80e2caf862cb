-- What does the log say of itself so far?
SELECT meta FROM main.log_meta WHERE source = $1 ORDER BY meta
