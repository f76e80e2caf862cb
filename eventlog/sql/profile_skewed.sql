-- In which cases is a pair the wrong way round? $1 and $2 name the one, $3 and $4 the other.
SELECT o.type, o.id, CAST(b.first_us - a.first_us AS BIGINT) AS apart_us
FROM p_first AS a JOIN p_first AS b ON b.case_object = a.case_object JOIN main.object AS o ON o.object = a.case_object
WHERE a.source = $1 AND a.activity = $2 AND b.source = $3 AND b.activity = $4 AND a.events = 1 AND b.events = 1 AND {condition}
ORDER BY o.type, o.id
LIMIT 2
