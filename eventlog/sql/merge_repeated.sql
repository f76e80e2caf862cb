-- Which staged events say the same as one before, and which identity has each of them?
-- Equal rows have equal hashes; the first keeps it, the others take one from
-- the hash and their number. Only hashes that may be repeated are looked at.
CREATE TEMP TABLE repeated AS
WITH staged AS (
	SELECT ord, high, low FROM {staged} {maybe}
), twice AS (
	SELECT high, low FROM staged GROUP BY high, low HAVING count(*) > 1
)
SELECT ord, md5_number(concat(hash, ' ', n)) AS id
FROM (
	SELECT ord, (high::UHUGEINT << 64) | low::UHUGEINT AS hash, row_number() OVER (PARTITION BY high, low ORDER BY ord) AS n
	FROM staged SEMI JOIN twice USING (high, low)
)
WHERE n > 1
