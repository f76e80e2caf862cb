-- Which values did they have, by the changes that are known?
INSERT INTO x_said
WITH change AS (
	SELECT x.row, x.stored, c.attribute, c.time, c.old_value, c.new_value,
	       row_number() OVER (PARTITION BY x.row, c.attribute ORDER BY c.time, c.load, c.old_value, c.new_value) AS n
	FROM (SELECT rowid AS row, object, stored FROM x_object) AS x JOIN main.object_change AS c ON c.object = x.object
	WHERE c.time IS NOT NULL AND x.stored NOT IN (SELECT type FROM main.object_type)
), said AS (
	SELECT row, stored, attribute, -9223372036854775808 AS time, old_value AS value, 0 AS n FROM change WHERE n = 1
	UNION ALL
	SELECT row, stored, attribute, epoch_us(time), new_value, n FROM change
), typed AS (
	SELECT s.*, CASE
		WHEN a.sql_type = 'BOOLEAN' AND TRY_CAST(s.value AS BOOLEAN) IS NOT NULL THEN 'bool'
		WHEN (a.sql_type LIKE '%INT' OR a.sql_type = 'INTEGER') AND TRY_CAST(s.value AS BIGINT) IS NOT NULL THEN 'int'
		WHEN (a.sql_type IN ('DOUBLE', 'FLOAT') OR a.sql_type LIKE 'DECIMAL%') AND TRY_CAST(s.value AS DOUBLE) IS NOT NULL THEN 'float'
		WHEN (a.sql_type = 'DATE' OR a.sql_type LIKE 'TIMESTAMP%') AND TRY_CAST(s.value AS TIMESTAMPTZ) IS NOT NULL THEN 'time'
		ELSE 'text' END AS kind
	FROM said AS s
	LEFT JOIN (SELECT type, name, any_value(sql_type) AS sql_type FROM main.attribute WHERE owner = 'object' GROUP BY ALL) AS a
	       ON a.type = s.stored AND a.name = s.attribute
	WHERE s.value IS NOT NULL
)
SELECT row, attribute, time, kind, CASE kind
	WHEN 'bool' THEN CAST(TRY_CAST(value AS BOOLEAN) AS VARCHAR)
	WHEN 'int' THEN CAST(TRY_CAST(value AS BIGINT) AS VARCHAR)
	WHEN 'float' THEN regexp_replace(CAST(TRY_CAST(value AS DOUBLE) AS VARCHAR), '\.0$', '')
	WHEN 'time' THEN regexp_replace(strftime(TRY_CAST(value AS TIMESTAMPTZ) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'), '\.?0+Z$', 'Z')
	ELSE value END, n
FROM typed
