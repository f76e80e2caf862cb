-- What money came in, and for which invoices, as far as the payer says it?
--
-- What it relies on:
-- * A line is the bank's; what it pays is what the payer wrote. A receipt is linked to an invoice only if a number in it is that of one invoice alone.
-- * Money that came in is a receipt, and money that went back to a payer is one with a negative amount. Other outgoing money, interest, charges, and
--   money moved between own accounts as far as the code says so are none.
-- * Intraday reports and notifications count for days that no statement of the account covers yet: a statement takes their place.

CREATE MACRO plain(number) AS nullif(upper(ltrim(trim(number), '0 ')), ''); -- a number of zeros names nothing
CREATE MACRO words(text) AS regexp_extract_all(upper(text), '[A-Z0-9][A-Z0-9/._-]*[A-Z0-9]');

-- An entry, or its transactions where all of them tell their amount and these make the entry's.
CREATE VIEW movement AS
SELECT line_id, line_id AS entry_id, 'statement_line' AS source_table, statement_id, coalesce(kind, 'statement') AS kind, account, currency, amount, booked_at, booked_on,
       coalesce(precision, 'day') AS precision, value_date, code, bank_reference, end_to_end, mandate, party, remittance, coalesce(reversal, FALSE) AS reversal, entry, 0 AS detail
FROM statement_line
WHERE coalesce(status, 'BOOK') = 'BOOK' AND amount IS NOT NULL AND (details IS NULL OR details_amount IS DISTINCT FROM amount)
UNION ALL BY NAME
SELECT d.line_id, d.entry_id, 'line_detail' AS source_table, l.statement_id, coalesce(l.kind, 'statement') AS kind, l.account, d.currency, d.amount, l.booked_at, l.booked_on,
       coalesce(l.precision, 'day') AS precision, l.value_date, d.code, d.bank_reference, d.end_to_end, d.mandate, d.party, d.remittance, coalesce(d.reversal, FALSE) AS reversal,
       l.entry, d.detail
FROM line_detail d JOIN statement_line l ON l.line_id = d.entry_id
WHERE coalesce(l.status, 'BOOK') = 'BOOK' AND l.details_amount = l.amount;

-- Days that a statement covers: those it says, and those it has lines of.
CREATE VIEW covered AS
SELECT DISTINCT account, booked_on FROM movement WHERE kind = 'statement' AND booked_on IS NOT NULL
UNION
SELECT account, unnest(generate_series(from_date, to_date, INTERVAL 1 DAY))::DATE FROM statement
WHERE kind = 'statement' AND from_date IS NOT NULL AND to_date - from_date BETWEEN 0 AND 400 AND format LIKE 'camt%'
UNION
SELECT account, to_date FROM statement WHERE kind = 'statement' AND to_date IS NOT NULL;

-- The same money in several reports of a day is there once.
CREATE VIEW interim AS
SELECT * EXCLUDE (nth)
FROM (SELECT m.*, row_number() OVER (PARTITION BY statement_id, currency, booked_on, amount, coalesce(bank_reference, end_to_end, remittance, '') ORDER BY entry, detail) AS nth
      FROM movement m ANTI JOIN covered c ON c.account = m.account AND c.booked_on = m.booked_on
      WHERE kind <> 'statement')
QUALIFY row_number() OVER (PARTITION BY account, currency, booked_on, amount, coalesce(bank_reference, end_to_end, remittance, ''), nth ORDER BY kind, statement_id, line_id) = 1;

-- Interest, charges and money moved between own accounts, by the codes of ISO 20022, SWIFT, the German banks, and BAI.
CREATE MACRO is_own(code) AS coalesce(
	code LIKE '%/%' AND (split_part(code, '/', 1) NOT IN ('PMNT', 'TRAD', 'XTND') OR split_part(code, '/', 3) IN ('FEES', 'CHRG', 'COMM', 'INTR', 'TAXE'))
	OR regexp_matches(code, '^[NFS](INT|CHG|COM|SWP)$') OR code IN ('805', '808', '814', '820', '833', '275', '354'), FALSE);

CREATE VIEW receipt AS
SELECT r.*, CASE WHEN r.precision = 'day' AND s.created_at BETWEEN r.booked_at AND r.booked_at + INTERVAL 4 DAY THEN s.created_at ELSE coalesce(r.booked_at, s.created_at) END AS received_at,
       CASE WHEN r.precision = 'day' AND r.booked_at IS NOT NULL AND NOT coalesce(s.created_at BETWEEN r.booked_at AND r.booked_at + INTERVAL 4 DAY, FALSE) THEN 'day' ELSE 'exact' END AS received,
       CASE WHEN r.code LIKE 'PMNT/_DDT%' OR r.code IN ('NDDT', '171', '192') THEN 'direct_debit'
            WHEN r.code LIKE 'PMNT/_CHQ%' OR r.code IN ('NCHK', '170', '115', '116', '175') THEN 'cheque'
            WHEN r.code LIKE 'PMNT/_CRD%' THEN 'card' ELSE 'bank' END AS means,
       nullif(concat_ws(' ', r.remittance, CASE WHEN NOT coalesce(contains(r.remittance, r.end_to_end), FALSE) THEN r.end_to_end END), '') AS reference
FROM (FROM movement WHERE kind = 'statement' UNION ALL BY NAME FROM interim) r LEFT JOIN statement s USING (statement_id)
WHERE (r.amount > 0 AND NOT r.reversal OR r.amount < 0 AND r.reversal) AND NOT is_own(r.code);

-- Which invoice is meant? ---------------------------------------------------------

CREATE VIEW invoice_number AS
SELECT number, min(id) AS id, count(*) AS matches
FROM (SELECT DISTINCT plain(coalesce(i.number, o.id)) AS number, o.id FROM main.object o JOIN objects."Invoice" i USING (object))
WHERE number IS NOT NULL
GROUP BY number;

-- What the payer put into the field for it, and what the text says: whole words, and digits within words. In a text a number of digits alone has five or
-- more, with letters four or more characters: shorter ones are found by chance. word: what may be told as a reference if it leads nowhere;
-- a date is none, nor an end-to-end reference, which is the payer's own and there without any invoice.
CREATE VIEW named AS
SELECT line_id, rank, number, amount, min(trim(key)) AS key, min(word) AS word
FROM (
	SELECT r.line_id, 1 AS rank, plain(CASE WHEN d.type = 'SCOR' THEN regexp_replace(d.number, '^RF[0-9]{2}', '') ELSE d.number END) AS number, d.number AS key, NULL AS word, d.amount
	FROM receipt r JOIN (FROM remitted UNION ALL BY NAME
	                     -- an entry that is not split has what its transactions say
	                     SELECT d.entry_id AS line_id, m.type, m.number, m.amount FROM remitted m JOIN line_detail d USING (line_id)) d USING (line_id)
	UNION ALL
	SELECT line_id, 2, plain(part), part, CASE WHEN said AND NOT regexp_full_match(word, '[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN word END, NULL
	FROM (SELECT *, unnest([word] || regexp_extract_all(word, '[0-9]{5,}')) AS part
	      FROM (SELECT line_id, TRUE AS said, unnest(words(remittance)) AS word FROM receipt
	            UNION ALL
	            SELECT line_id, FALSE, unnest(words(end_to_end)) FROM receipt))
	WHERE length(plain(part)) >= CASE WHEN regexp_matches(part, '[A-Z]') THEN 4 ELSE 5 END AND regexp_matches(part, '[0-9]')
)
WHERE number IS NOT NULL
GROUP BY line_id, rank, number, amount;

-- The field counts before the text, unless the text leads further. best: how far.
CREATE VIEW meant AS
SELECT n.*, coalesce(i.matches, 0) AS matches, CASE i.matches WHEN 1 THEN i.id END AS id, max(coalesce(i.matches, 0)) OVER (PARTITION BY n.line_id) AS best
FROM named n LEFT JOIN invoice_number i USING (number)
QUALIFY n.rank = first_value(n.rank) OVER (PARTITION BY n.line_id ORDER BY coalesce(i.matches, 0) <> 1, i.matches IS NULL, n.rank);

-- Each number is a reference; a text of which no number leads anywhere is one, whatever numbers are in it.
CREATE VIEW reference AS
SELECT line_id, coalesce(string_agg(DISTINCT word, ' ' ORDER BY word) FILTER (rank = 2 AND matches = 0), min(key)) AS key, matches, any_value(id) AS id,
       CASE WHEN count(amount) = count(*) THEN sum(amount) END AS amount,
       count(*) FILTER (matches = 1) OVER of_it AS invoices, count(*) OVER of_it AS n
FROM meant
WHERE rank = 1 OR matches > 0 OR best = 0 AND word IS NOT NULL
GROUP BY line_id, matches, CASE WHEN rank = 1 OR matches > 0 THEN number END
WINDOW of_it AS (PARTITION BY line_id);

CREATE VIEW link AS
SELECT 'Receipt' AS source_type, r.line_id AS source_id, 'pays' AS qualifier, 'Invoice' AS target_type, p.key, 'number' AS attribute, p.id AS target_id, p.matches,
       coalesce(p.amount * sign(r.amount), CASE WHEN p.n = 1 OR p.invoices = 1 AND p.matches = 1 THEN r.amount END)::DECIMAL(18,4) AS amount, r.currency
FROM reference p JOIN receipt r USING (line_id);

-- Events, objects, relations ------------------------------------------------------

CREATE VIEW event AS
SELECT 'receipt/' || line_id AS key, 'Receive Payment' AS activity, received_at AS time, received AS precision, 'interface' AS actor_kind,
       source_table, line_id AS source_key, amount::DECIMAL(18,4) AS amount, currency, value_date, booked_on
FROM receipt WHERE received_at IS NOT NULL;

CREATE VIEW event_object AS
SELECT 'receipt/' || line_id AS event_key, 'Receipt' AS type, line_id AS id, 'on' AS qualifier, amount::DECIMAL(18,4) AS amount, currency
FROM receipt WHERE received_at IS NOT NULL;

CREATE VIEW object_Receipt AS
SELECT line_id AS id, source_table, line_id AS source_key, coalesce(bank_reference, line_id) AS number, means AS kind, coalesce(value_date, booked_on) AS value_date,
       amount::DECIMAL(18,4) AS amount, currency, reference
FROM receipt;

CREATE VIEW object_object AS
SELECT source_type, source_id, target_type, target_id, qualifier, amount, currency FROM link WHERE target_id IS NOT NULL;
