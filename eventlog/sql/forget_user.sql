-- Is there a user of this name?
SELECT count(*) FROM (
	SELECT 1 FROM main.event WHERE resource = $1
	UNION ALL SELECT 1 FROM main.object WHERE type = 'User' AND id = $1
)
