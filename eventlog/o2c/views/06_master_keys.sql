-- By which keys can a customer or material be told, whatever system describes it?
-- One row an object and key, written in one way. A key that is not unique in the world is none: a tax number of nobody knows which country, a
-- barcode that a shop gives itself (GS1 restricted circulation), a wrong check digit, a placeholder such as 000000000.
-- number is unique in its source at most; whether it means the same elsewhere, o2c.master_rules says.
CREATE OR REPLACE VIEW o2c.master_keys AS
WITH
-- The formats are those of the European Commission (VIES), and of the United Kingdom, Switzerland and Norway.
tax AS (
	SELECT object, CASE WHEN upper(country) = 'GR' THEN 'EL' ELSE upper(country) END AS country,
	       regexp_replace(regexp_replace(upper(tax_number), '[^0-9A-Z]', '', 'g'), '^((?:CHE|NO)?[0-9]{9})(MWST|TVA|IVA|VAT|MVA)$', '\1') AS n
	FROM objects."Customer" WHERE tax_number IS NOT NULL
),
national AS (
	SELECT object, CASE WHEN regexp_full_match(n, 'ATU[0-9]{8}|BE[0-9]{9,10}|BG[0-9]{9,10}|CY[0-9]{8}[A-Z]|CZ[0-9]{8,10}|DE[0-9]{9}|DK[0-9]{8}|EE[0-9]{9}|(EL|GR)[0-9]{9}|'
	                        || 'ES[0-9A-Z][0-9]{7}[0-9A-Z]|FI[0-9]{8}|FR[0-9A-Z]{2}[0-9]{9}|HR[0-9]{11}|HU[0-9]{8}|IE[0-9][0-9A-Z][0-9]{5}[A-Z]{1,2}|IT[0-9]{11}|LT([0-9]{9}|[0-9]{12})|'
	                        || 'LU[0-9]{8}|LV[0-9]{11}|MT[0-9]{8}|NL[0-9]{9}B[0-9]{2}|PL[0-9]{10}|PT[0-9]{9}|RO[0-9]{2,10}|SE[0-9]{12}|SI[0-9]{8}|SK[0-9]{10}|'
	                        || '(GB|XI)([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})|CHE[0-9]{9}|NO[0-9]{9}') OR starts_with(n, country) THEN n
	                    ELSE country || n END AS n -- NULL without a country
	FROM tax
),
-- One spelling of what a country writes in two ways.
spelled AS (
	SELECT object, CASE WHEN regexp_full_match(n, 'GR[0-9]{9}') THEN 'EL' || n[3:]
	                    WHEN regexp_full_match(n, 'XI[0-9]+') THEN 'GB' || n[3:]
	                    WHEN regexp_full_match(n, 'AT[0-9]{8}') THEN 'ATU' || n[3:]
	                    WHEN regexp_full_match(n, 'BE[0-9]{9}') THEN 'BE0' || n[3:]
	                    WHEN regexp_full_match(n, 'CH[0-9]{9}') THEN 'CHE' || n[3:]
	                    ELSE n END AS n, regexp_replace(n, '[^0-9]', '', 'g') AS digits
	FROM national WHERE length(n) >= 5
),
gs1 AS (
	SELECT object, 'Customer' AS type, 'gln' AS key, regexp_replace(gln, '[ .-]', '', 'g') AS n FROM objects."Customer" WHERE gln IS NOT NULL
	UNION ALL
	SELECT object, 'Material', 'gtin', regexp_replace(gtin, '[ .-]', '', 'g') FROM objects."Material" WHERE gtin IS NOT NULL
),
-- 8, 12, 13 and 14 digits are one number with zeros before it.
long AS (
	SELECT object, type, key, lpad(n, 14, '0') AS n FROM gs1
	WHERE regexp_full_match(n, '[0-9]+') AND length(n) IN (8, 12, 13, 14) AND (key = 'gtin' OR length(n) = 13)
),
numbered AS (
	SELECT object, 'Customer' AS type, number FROM objects."Customer"
	UNION ALL SELECT object, 'Material', number FROM objects."Material"
)
SELECT object, 'Customer' AS type, 'tax_number' AS key, n AS value FROM spelled
WHERE replace(digits, left(digits, 1), '') <> ''
UNION ALL
SELECT object, type, key, n FROM long
WHERE list_sum(list_transform(range(1, 15), lambda i: n[i]::INTEGER * (1 + 2 * (i % 2)))) % 10 = 0
  AND replace(n, '0', '') <> ''
  AND NOT (key = 'gtin' AND (n[2:3] IN ('02', '04') OR n[2] = '2' OR starts_with(n, '000000') AND n[7] IN ('0', '2')))
UNION ALL
SELECT object, type, 'number', upper(CASE WHEN regexp_full_match(trim(number), '[0-9]+') THEN ltrim(trim(number), '0') ELSE trim(number) END)
FROM numbered WHERE trim(number, ' 0') <> '';
