-- What do customers owe, what did they pay, and what was set off against what?

-- One row a customer's line, from whatever table has it: BSEG, BSAD and BSID, ACDOCA.
CREATE TEMP TABLE ledger_row AS
SELECT 1 AS rank, 'BSEG' AS source_table, * FROM BSEG
UNION ALL BY NAME SELECT 2 AS rank, 'BSAD' AS source_table, * FROM BSAD
UNION ALL BY NAME SELECT 3 AS rank, 'BSID' AS source_table, * FROM BSID
UNION ALL BY NAME
-- the journal may split a line: its parts are one receivable
SELECT 4 AS rank, 'ACDOCA' AS source_table, rbukrs AS bukrs, belnr, gjahr, coalesce(id_of(buzei), docln) AS buzei, min(koart) AS koart, min(bschl) AS bschl, min(kunnr) AS kunnr,
       sum(number_of(wsl))::VARCHAR AS wrbtr, min(rwcur) AS waers, min(budat) AS budat, min(bldat) AS bldat, min(blart) AS blart, min(usnam) AS usnam, min(awtyp) AS awtyp, min(awref) AS awkey,
       min(netdt) AS netdt, min(augdt) AS augdt, min(augbl) AS augbl, min(auggj) AS auggj, min(rebzg) AS rebzg, min(rebzj) AS rebzj, min(rebzz) AS rebzz, min(rebzt) AS rebzt, min(umskz) AS umskz
FROM ACDOCA
WHERE txt(koart) = 'D' AND coalesce(txt(rldnr), '') = (SELECT coalesce(min(trim(rldnr)) FILTER (trim(rldnr) = '0L'), min(trim(rldnr)), '') FROM ACDOCA)
GROUP BY rbukrs, belnr, gjahr, coalesce(id_of(buzei), docln);

-- 1 was reversed, 2 reverses; an API says of what reverses that it is true.
CREATE MACRO reverses(x) AS upper(txt(x)) IN ('2', 'TRUE', 'X');

-- arg_min takes the value of the first table that has one.
CREATE TEMP TABLE ledger_line AS
WITH
line AS (
	SELECT trim(bukrs) || '/' || id_of(belnr) || '/' || trim(gjahr) || '/' || id_of(buzei) AS id, trim(bukrs) AS company, id_of(belnr) AS document, trim(gjahr) AS year,
	       arg_min(source_table, rank) AS source_table, arg_min(bukrs || '/' || belnr || '/' || gjahr || '/' || buzei, rank) AS source_key,
	       arg_min(CASE txt(shkzg) WHEN 'H' THEN -abs(number_of(wrbtr)) WHEN 'S' THEN abs(number_of(wrbtr)) ELSE number_of(wrbtr) END, rank) AS amount,
	       arg_min(txt(waers), rank) AS currency, arg_min(id_of(kunnr), rank) AS customer, arg_min(txt(bschl), rank) AS posting_key, arg_min(txt(umskz), rank) AS special,
	       arg_min(day_of(budat), rank) AS posting_date, arg_min(day_of(bldat), rank) AS document_date, arg_min(txt(blart), rank) AS document_type,
	       arg_min(day_of(cpudt), rank) AS entry_day, arg_min(clock_of(cputm), rank) AS entry_clock, arg_min(reverses(xreversal), rank) AS reverses, arg_min(txt(usnam), rank) AS "user", arg_min(txt(awtyp), rank) AS reference_type, arg_min(id_of(awkey), rank) AS reference, arg_min(id_of(vbeln), rank) AS bill,
	       arg_min(day_of(netdt), rank) AS net_due, arg_min(day_of(zfbdt), rank) AS base_date,
	       arg_min(number_of(zbd1t), rank) AS days1, arg_min(number_of(zbd2t), rank) AS days2, arg_min(number_of(zbd3t), rank) AS days3, arg_min(txt(zterm), rank) AS zterm,
	       arg_min(day_of(augdt), rank) AS clearing_date, arg_min(day_of(augcp), rank) AS clearing_entry_day, arg_min(id_of(augbl), rank) AS clearing,
	       arg_min(coalesce(id_of(auggj), CAST(year(day_of(augdt)) AS VARCHAR)), rank) AS clearing_year,
	       arg_min(id_of(rebzg), rank) AS invoice_reference, arg_min(id_of(rebzj), rank) AS invoice_reference_year, arg_min(id_of(rebzz), rank) AS invoice_reference_line,
	       arg_min(txt(rebzt), rank) AS follow_on, arg_min(txt(rstgr), rank) AS reason
	FROM ledger_row
	WHERE coalesce(txt(koart), 'D') = 'D' AND id_of(kunnr) IS NOT NULL
	GROUP BY ALL
),
billed AS (
	SELECT company, accounting_document, fiscal_year, min(id) AS id FROM billing_document WHERE accounting_document IS NOT NULL GROUP BY ALL
)
SELECT l.* REPLACE (l.amount * coalesce(f.factor, 1) AS amount, coalesce(l.currency, txt(k.waers)) AS currency,
                    coalesce(l.document_type, txt(k.blart)) AS document_type, coalesce(l.posting_date, day_of(k.budat)) AS posting_date, coalesce(txt(k.usnam), l."user", b.creator) AS "user"),
       b.id AS invoice, b.kind AS invoice_kind, coalesce(reverses(k.xreversal), l.reverses) AS is_reversal,
       -- when it was entered, not the day it was posted for
       coalesce(time_of(k.cpudt, k.cputm), CASE WHEN l.entry_clock > 0 THEN day_time(l.entry_day) + to_seconds(l.entry_clock) END, b.created_at, day_time(coalesce(l.entry_day, l.posting_date))) AS entered_at,
       CASE WHEN day_of(k.cpudt) IS NOT NULL THEN precision_of(k.cputm) WHEN l.entry_day IS NOT NULL AND l.entry_clock > 0 THEN 'exact' WHEN b.created_at IS NOT NULL THEN b.precision ELSE 'day' END AS precision,
       CASE WHEN l.invoice_reference IS NOT NULL AND l.invoice_reference <> 'V'
            THEN l.company || '/' || l.invoice_reference || '/' || coalesce(l.invoice_reference_year, l.year) || '/' || coalesce(l.invoice_reference_line, '1') END AS refers_to
FROM line l
LEFT JOIN BKPF k ON trim(k.bukrs) = l.company AND id_of(k.belnr) = l.document AND trim(k.gjahr) = l.year
LEFT JOIN billed a ON a.company = l.company AND a.accounting_document = l.document AND a.fiscal_year = l.year
LEFT JOIN billing_document b ON b.id = coalesce(CASE WHEN txt(k.awtyp) = 'VBRK' THEN id_of(k.awkey) END,
     -- what follows on an invoice may have its number too
     CASE WHEN l.follow_on IS NULL AND coalesce(l.posting_key, '01') IN ('01', '02', '11', '12') THEN l.bill END, CASE WHEN coalesce(l.reference_type, 'VBRK') = 'VBRK' THEN l.reference END, a.id)
LEFT JOIN shift f ON f.currency = upper(coalesce(l.currency, txt(k.waers)));

-- What a line is follows from its bill, what it follows on (REBZT), its posting
-- key and, where an API gives none, the type of its document. REBZG alone says
-- nothing: a credit memo and a partial payment have it too.
CREATE TEMP TABLE posting AS
SELECT l.*,
       CASE WHEN l.invoice IS NOT NULL THEN l.invoice_kind
            WHEN l.follow_on IN ('V', 'P') OR (l.posting_key IN ('06', '16') AND l.refers_to IS NOT NULL AND coalesce(l.follow_on, 'V') <> 'Z') THEN 'residual'
            WHEN l.posting_key IN ('05', '08', '15', '18') OR l.follow_on = 'Z' OR (l.posting_key IN ('09', '19') AND l.special = 'A')
              OR (l.posting_key IS NULL AND l.document_type = 'DZ') THEN 'receipt'
            WHEN l.is_reversal THEN 'cancellation'
            WHEN l.posting_key = '11' OR l.follow_on = 'G' OR (l.document_type = 'DG' AND l.amount < 0) THEN 'credit_memo'
            WHEN l.posting_key = '01' OR l.document_type = 'DR' THEN 'invoice'
            ELSE 'journal' END AS kind,
       -- net due date; what is owed to the customer is due on its base date unless it follows an invoice or has terms of its own ('V')
       coalesce(l.net_due, CASE WHEN l.amount < 0 AND o.id IS NOT NULL THEN
                coalesce(o.net_due, o.base_date + CAST(coalesce(nullif(o.days3, 0), nullif(o.days2, 0), o.days1, 0) AS INTEGER))
            WHEN l.amount < 0 AND l.invoice_reference IS DISTINCT FROM 'V' THEN l.base_date
            ELSE l.base_date + CAST(coalesce(nullif(l.days3, 0), nullif(l.days2, 0), l.days1, 0) AS INTEGER) END) AS due_date,
       o.invoice AS referred_invoice, o.clearing AS referred_clearing
FROM ledger_line l LEFT JOIN ledger_line o ON o.id = l.refers_to;

-- What an item of the bank was posted to: "-" is nothing to post, "*" several.
CREATE MACRO document_of(x) AS CASE WHEN trim(x) NOT IN ('-', '*') THEN id_of(x) END;

-- The bank's line a payment came with: the same money, once.
CREATE TEMP TABLE bank_item AS
SELECT 'statement/' || id_of(f.kukey) || '/' || id_of(f.esnum) AS id, f.kukey || '/' || f.esnum AS source_key, trim(coalesce(f.bukrs, k.bukrs)) AS company,
       coalesce(id_of(f.gjahr), CAST(year(day_of(f.budat)) AS VARCHAR)) AS year, document_of(f.belnr) AS bank_document, coalesce(document_of(f.nbbln), document_of(f.akbln)) AS document, f.kukey, f.esnum,
       CASE txt(f.epvoz) WHEN 'S' THEN -abs(number_of(f.kwbtr)) WHEN 'H' THEN abs(number_of(f.kwbtr)) ELSE number_of(f.kwbtr) END * coalesce(x.factor, 1) AS amount,
       txt(f.kwaer) AS currency, day_of(f.valut) AS value_date, day_of(f.budat) AS posting_date, txt(f.sgtxt) AS reference, flag(f.eperl) AS is_done, txt(k.euser) AS "user",
       coalesce(time_of(coalesce(f.edate, k.edate), coalesce(f.etime, k.etime)), day_time(day_of(f.budat))) AS received_at,
       CASE WHEN day_of(coalesce(f.edate, k.edate)) IS NULL THEN 'day' ELSE precision_of(coalesce(f.etime, k.etime)) END AS precision
FROM FEBEP f LEFT JOIN FEBKO k ON trim(k.kukey) = trim(f.kukey)
LEFT JOIN shift x ON x.currency = upper(trim(f.kwaer));

CREATE TEMP TABLE payment AS
SELECT p.*, -p.amount AS paid, coalesce(b.id, 'payment/' || p.id) AS receipt, b.amount AS bank_amount,
       sum(-p.amount) OVER (PARTITION BY coalesce(b.id, 'payment/' || p.id)) AS posted_amount
FROM posting p
LEFT JOIN (SELECT company, year, document, min(id) AS id, arg_min(amount, id) AS amount
           FROM (SELECT company, year, document, id, amount FROM bank_item WHERE document IS NOT NULL UNION SELECT company, year, bank_document, id, amount FROM bank_item WHERE bank_document IS NOT NULL)
           GROUP BY ALL) b ON b.company = p.company AND b.year = p.year AND b.document = p.document
WHERE p.kind = 'receipt';

-- Money that came in, once: the bank's item where there is one, else the payment's
-- line. An item of the bank that is of no customer and done, such as a fee, is none.
CREATE TEMP TABLE receipt AS
SELECT b.id, 'FEBEP' AS source_table, b.source_key, 'bank' AS kind, id_of(b.kukey) || '/' || id_of(b.esnum) AS number, coalesce(b.value_date, b.posting_date) AS value_date, b.posting_date,
       b.amount, b.currency, b.reference, b.received_at, b.precision, b."user", p.customer
FROM bank_item b
LEFT JOIN (SELECT receipt, min(customer) AS customer FROM payment GROUP BY ALL) p ON p.receipt = b.id
WHERE p.receipt IS NOT NULL OR (b.amount > 0 AND b.document IS NULL AND NOT b.is_done)
UNION ALL
SELECT receipt, source_table, source_key, 'registered', document, posting_date, posting_date, paid, currency, NULL, entered_at, precision, "user", customer
FROM payment WHERE bank_amount IS NULL;

-- A partial payment counts from its own day; what clears the invoice later clears the rest.
CREATE TEMP TABLE partial AS
SELECT p.id, p.receipt, p.paid, p.paid * coalesce(p.bank_amount / nullif(p.posted_amount, 0), 1) AS cash, p.currency, p.refers_to AS entry, p.posting_date, p.entered_at, p.precision, p."user", p.source_table, p.source_key
FROM payment p JOIN posting e ON e.id = p.refers_to AND e.kind <> 'receipt'
WHERE p.clearing IS NULL OR (p.clearing = e.clearing AND p.clearing_year = e.clearing_year);

-- What a clearing sets off: entries with what partial payments left of them,
-- payments with the bank's amount, which is less by a cash discount.
CREATE TEMP TABLE cleared AS
SELECT p.company || '/' || p.clearing || '/' || p.clearing_year AS clearing, 'AREntry' AS type, p.id, p.amount - coalesce(x.paid, 0) AS amount, p.currency
FROM posting p LEFT JOIN (SELECT entry, sum(paid) AS paid FROM partial GROUP BY ALL) x ON x.entry = p.id
WHERE p.clearing IS NOT NULL AND p.kind <> 'receipt' AND p.amount IS DISTINCT FROM x.paid
UNION ALL
SELECT company || '/' || clearing || '/' || clearing_year, 'Receipt', receipt, sum(paid * coalesce(bank_amount / nullif(posted_amount, 0), 1)), min(currency)
FROM payment WHERE clearing IS NOT NULL AND id NOT IN (SELECT id FROM partial) GROUP BY ALL;

-- When a clearing was entered: by its document, else by the line of it that is
-- a customer's, else the day of entry, else the clearing date. That is the last
-- posting's and may be back-dated: nothing is cleared before it was posted.
CREATE TEMP TABLE clearing AS
SELECT c.id, c.number, c.date, c.source_table, c.source_key,
       CASE WHEN day_of(k.cpudt) IS NOT NULL THEN time_of(k.cpudt, k.cputm) WHEN c.own_at IS NOT NULL THEN c.own_at ELSE day_time(greatest(coalesce(c.entry_day, c.date), day_at(c.last_at))) END AS time,
       CASE WHEN day_of(k.cpudt) IS NOT NULL THEN precision_of(k.cputm) WHEN c.own_at IS NOT NULL THEN c.own_precision ELSE 'day' END AS precision,
       coalesce(txt(k.usnam), c.own_user) AS "user"
FROM (SELECT company || '/' || clearing || '/' || clearing_year AS id, company, clearing AS number, clearing_year AS year, max(clearing_date) AS date, max(clearing_entry_day) AS entry_day, max(entered_at) AS last_at,
             max(entered_at) FILTER (document = clearing AND year = clearing_year) AS own_at, arg_max(precision, (entered_at, source_key)) FILTER (document = clearing AND year = clearing_year AND entered_at IS NOT NULL) AS own_precision,
             arg_max("user", (entered_at, source_key)) FILTER (document = clearing AND year = clearing_year AND entered_at IS NOT NULL) AS own_user, min(source_table) AS source_table, arg_min(source_key, (source_table, source_key)) AS source_key
      FROM posting WHERE clearing IS NOT NULL GROUP BY ALL) c
LEFT JOIN BKPF k ON trim(k.bukrs) = c.company AND id_of(k.belnr) = c.number AND trim(k.gjahr) = c.year;

-- When did a bill reach accounting? By the head of its document, else by its receivable.
CREATE TEMP TABLE posted AS
SELECT invoice, arg_min(time, rank) AS entered_at, arg_min(precision, rank) AS precision, arg_min("user", rank) AS "user", arg_min(posting_date, rank) AS posting_date,
       arg_min(amount, rank) AS amount, arg_min(source_table, rank) AS source_table, arg_min(source_key, rank) AS source_key
FROM (
	SELECT 1 AS rank, id_of(awkey) AS invoice, min(time_of(cpudt, cputm)) AS time, min(precision_of(cputm)) AS precision, min(txt(usnam)) AS "user", min(day_of(budat)) AS posting_date, NULL::DECIMAL(38,6) AS amount,
	       'BKPF' AS source_table, min(bukrs || '/' || belnr || '/' || gjahr) AS source_key
	FROM BKPF WHERE txt(awtyp) = 'VBRK' AND day_of(cpudt) IS NOT NULL GROUP BY id_of(awkey)
	UNION ALL
	SELECT 2, invoice, min(entered_at), arg_min(precision, (entered_at, source_key)) FILTER (entered_at IS NOT NULL), arg_min("user", (entered_at, source_key)) FILTER (entered_at IS NOT NULL), min(posting_date), sum(amount), min(source_table), min(source_key)
	FROM posting WHERE invoice IS NOT NULL GROUP BY invoice)
GROUP BY invoice;

-- Which credit memo is for which bill? Accounting says so by REBZG, sales by the
-- request that was billed, which refers to the bill.
CREATE TEMP TABLE correction AS
SELECT p.invoice AS document, p.referred_invoice AS invoice, p.amount, p.currency
FROM posting p WHERE p.kind = 'credit_memo' AND p.invoice IS NOT NULL AND p.referred_invoice IS NOT NULL
UNION ALL
SELECT b.id, r.invoice, i.net_amount, i.currency
FROM billing_document b
JOIN billing_item i ON i.document = b.id
JOIN (SELECT id_of(q.vbeln) || '/' || id_of(q.posnr) AS item, o.id AS invoice FROM VBAP q JOIN billing_document o ON o.id = id_of(q.vgbel)) r ON r.item = i.order_item
WHERE b.kind = 'credit_memo' AND b.id NOT IN (SELECT invoice FROM posting WHERE kind = 'credit_memo' AND invoice IS NOT NULL AND referred_invoice IS NOT NULL);
