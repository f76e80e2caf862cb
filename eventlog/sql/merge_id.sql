-- Which identity does each staged event have?
-- Equal rows have equal hashes; the first keeps it, the others take one from
-- the hash and their number. Few rows are repeated, so only those are sorted.
CREATE TEMP TABLE staged_id AS
WITH staged AS (
	SELECT ord, (high::UHUGEINT << 64) | low::UHUGEINT AS hash FROM {staged}
), repeated AS (
	SELECT hash FROM staged GROUP BY hash HAVING count(*) > 1
)
SELECT ord, hash AS id FROM staged ANTI JOIN repeated USING (hash)
UNION ALL
SELECT ord, CASE n WHEN 1 THEN hash ELSE md5_number(concat(hash, ' ', n)) END AS id
FROM (
	SELECT ord, hash, row_number() OVER (PARTITION BY hash ORDER BY ord) AS n
	FROM staged SEMI JOIN repeated USING (hash)
)
