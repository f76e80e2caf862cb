-- Which messages and papers went out and came in, at which attempt?

-- The status trail of an IDoc. result: F an attempt failed, P the receiver took
-- it, A the partner acknowledged it; others are steps on the way. 31 and 68 close
-- an IDoc that failed, without another attempt.
CREATE TEMP TABLE idoc_status AS
SELECT id_of(s.docnum) AS idoc, txt(e.direct) AS direction, txt(s.status) AS status, time_of(s.logdat, s.logtim) AS time, precision_of(s.logtim) AS precision,
       coalesce(TRY_CAST(trim(s.countr) AS BIGINT), 0) AS number, txt(s.uname) AS "user", 'EDIDS' AS source_table, s.docnum || '/' || s.logdat || '/' || s.logtim || '/' || s.countr AS source_key
FROM EDIDS s JOIN EDIDC e ON e.docnum = s.docnum
UNION ALL
-- without a trail: when it was made, and the status it has
SELECT id_of(docnum), txt(direct), CASE WHEN txt(direct) = '2' THEN '50' ELSE '01' END, time_of(credat, cretim), precision_of(cretim), 0, NULL, 'EDIDC', docnum
FROM EDIDC WHERE docnum NOT IN (SELECT docnum FROM EDIDS)
UNION ALL
SELECT id_of(docnum), txt(direct), txt(status), coalesce(time_of(upddat, updtim), time_of(credat, cretim)), precision_of(coalesce(updtim, cretim)), 1, NULL, 'EDIDC', docnum
FROM EDIDC WHERE docnum NOT IN (SELECT docnum FROM EDIDS) AND txt(status) NOT IN ('01', '50');

CREATE TEMP TABLE idoc_step AS
WITH result AS (
	SELECT *, CASE WHEN status IN ('02', '04', '05', '07', '09', '11', '15', '17', '20', '23', '26', '27', '29', '34', '36', '37', '40', '51', '52', '54', '56', '60', '63', '65') THEN 'F'
	               WHEN status IN ('03', '12', '18', '53') THEN 'P' WHEN status IN ('16', '41') THEN 'A' END AS result
	FROM idoc_status WHERE time IS NOT NULL
),
attempt AS (
	SELECT *, count(*) FILTER (result = 'F') OVER trail AS failures,
	       coalesce(count(*) FILTER (result = 'P') OVER trail, 0) AS successes
	FROM result WINDOW trail AS (PARTITION BY idoc ORDER BY time, number, source_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
-- an attempt is what comes after a failure and has a result itself; what comes after a success is no attempt
SELECT *, row_number() OVER (PARTITION BY idoc, failures, successes ORDER BY time, number, source_key) = 1 AS is_first,
       bool_or(result IN ('F', 'P')) OVER (PARTITION BY idoc, failures, successes) AS has_result,
       row_number() OVER (PARTITION BY idoc ORDER BY time, number, source_key) AS place
FROM attempt;

CREATE TEMP TABLE idoc_event AS
SELECT 'idoc/' || idoc || '/' || place || '/try' AS key, CASE WHEN failures = 0 THEN 'Message Sent' ELSE 'Message Retried' END AS activity,
       idoc, status, time, precision, 2 * place - 1 AS sequence, "user", source_table, source_key
FROM idoc_step WHERE is_first AND successes = 0 AND (failures = 0 OR has_result)
UNION ALL
SELECT 'idoc/' || idoc || '/' || place, CASE result WHEN 'F' THEN 'Message Failed' WHEN 'P' THEN 'Message Processed' ELSE 'Message Acknowledged' END,
       idoc, status, time, precision, 2 * place, "user", source_table, source_key
FROM idoc_step WHERE result IN ('F', 'A') OR (result = 'P' AND successes = 0);

CREATE TEMP TABLE idoc AS
SELECT id_of(docnum) AS id, docnum AS source_key, CASE WHEN txt(direct) = '2' THEN 'in' ELSE 'out' END AS direction,
       CASE WHEN mestyp LIKE 'ORDERS%' THEN 'order' WHEN mestyp LIKE 'ORDRSP%' THEN 'order_response' WHEN mestyp LIKE 'ORDCHG%' THEN 'order_change'
            WHEN mestyp LIKE 'DESADV%' OR mestyp LIKE 'DELVRY%' OR mestyp LIKE 'SHPMNT%' THEN 'despatch_advice' WHEN mestyp LIKE 'RECADV%' OR mestyp LIKE 'SHPCON%' OR mestyp LIKE 'WHSCON%' THEN 'receipt_advice'
            WHEN mestyp LIKE 'INVOIC%' THEN 'invoice' WHEN mestyp LIKE 'REMADV%' OR mestyp LIKE 'PAYEXT%' OR mestyp LIKE 'FINSTA%' OR mestyp LIKE 'CREADV%' THEN 'remittance'
            WHEN mestyp IN ('STATUS', 'ALEAUD', 'SYSTAT01') THEN 'acknowledgement' ELSE lower(txt(mestyp)) END AS kind,
       CASE WHEN txt(direct) = '2' THEN txt(sndprn) ELSE txt(rcvprn) END AS partner, coalesce(txt(refmes), txt(refint)) AS business_key, txt(status) IN ('31', '68') AS closed_unposted
FROM EDIDC;

-- Which documents did an IDoc make, or was made of?
CREATE TEMP TABLE idoc_object AS
WITH ends AS (
	SELECT id_of(a.objkey) AS a, upper(trim(a.objtype)) AS a_type, id_of(b.objkey) AS b, upper(trim(b.objtype)) AS b_type
	FROM IDOCREL r JOIN SRRELROLES a ON a.roleid = r.role_a JOIN SRRELROLES b ON b.roleid = r.role_b
)
SELECT DISTINCT idoc, CASE WHEN t IN ('BUS2032', 'VBAK', 'BUS2102') THEN 'SalesOrder' WHEN t IN ('LIKP', 'BUS2015', 'BUS2105') THEN 'Delivery' ELSE 'Invoice' END AS type, id
FROM (SELECT a AS idoc, b AS id, b_type AS t FROM ends WHERE a_type = 'IDOC' UNION ALL SELECT b, a, a_type FROM ends WHERE b_type = 'IDOC')
WHERE t IN ('BUS2032', 'VBAK', 'BUS2102', 'LIKP', 'BUS2015', 'BUS2105', 'VBRK', 'BUS2037');

-- Output by NAST: paper, mail, fax, or an IDoc (6, A), whose trail says more
-- unless not even the IDoc was made.
CREATE TEMP TABLE output AS
SELECT 'output/' || trim(n.kappl) || '/' || id_of(n.objky[1:10]) || '/' || trim(n.kschl) || '/' || trim(n.erdat) || trim(n.eruhr) AS id,
       n.kappl || '/' || n.objky || '/' || n.kschl || '/' || n.erdat || '/' || n.eruhr AS source_key,
       CASE trim(n.kappl) WHEN 'V1' THEN 'SalesOrder' WHEN 'V2' THEN 'Delivery' ELSE 'Invoice' END AS type, id_of(n.objky[1:10]) AS document,
       CASE trim(n.kappl) WHEN 'V1' THEN 'Send Order Confirmation' WHEN 'V2' THEN 'Send Delivery Note' ELSE 'Send Invoice' END AS activity,
       CASE trim(n.kappl) WHEN 'V1' THEN 'order_response' WHEN 'V2' THEN 'despatch_advice' ELSE 'invoice' END AS kind,
       CASE trim(n.nacha) WHEN '1' THEN 'print' WHEN '2' THEN 'fax' WHEN '5' THEN 'mail' WHEN '7' THEN 'mail' WHEN '6' THEN 'edi' WHEN 'A' THEN 'ale' END AS channel,
       txt(n.vstat) = '2' AS has_failed, txt(n.parnr) AS partner,
       coalesce(time_of(n.datvr, n.uhrvr), time_of(n.erdat, n.eruhr)) AS time, CASE WHEN day_of(n.datvr) IS NULL THEN precision_of(n.eruhr) ELSE precision_of(n.uhrvr) END AS precision, txt(n.usnam) AS "user",
       coalesce(trim(n.nacha) NOT IN ('6', 'A'), TRUE) OR txt(n.vstat) = '2' AS is_message
FROM NAST n
WHERE txt(n.vstat) IN ('1', '2') AND trim(n.kappl) IN ('V1', 'V2', 'V3')
  AND NOT (trim(n.kappl) = 'V1' AND id_of(n.objky[1:10]) IN (SELECT id FROM sales_document WHERE NOT is_order));

-- Disputes: a case of dispute management has amounts. Its times are UTC. ----------------
CREATE TEMP TABLE dispute AS
SELECT coalesce(id_of(c.ext_key), c.case_guid) AS id, c.case_guid AS source_key, c.case_guid, utc_of(c.create_time) AS opened_at, txt(c.created_by) AS opened_by,
       utc_of(nullif(ltrim(c.closing_time, '0'), '')) AS closed_at, coalesce(txt(c.closed_by), txt(c.changed_by)) AS closed_by, txt(c.reason_code) AS reason, txt(c.stat_orderno) AS status,
       coalesce(txt(c.processor), txt(c.responsible), txt(d.fin_coordinator)) AS owner, id_of(d.fin_kunnr) AS customer, txt(d.fin_dispute_curr) AS currency,
       number_of(d.fin_disputed_amt) * coalesce(f.factor, 1) AS disputed, coalesce(nullif(number_of(d.fin_original_amt), 0), number_of(d.fin_disputed_amt)) * coalesce(f.factor, 1) AS original,
       number_of(d.fin_credited_amt) * coalesce(f.factor, 1) AS credited
FROM SCMG_T_CASE_ATTR c JOIN UDMCASEATTR00 d ON d.case_guid = c.case_guid
LEFT JOIN shift f ON f.currency = upper(trim(d.fin_dispute_curr));

-- What a case is about: BSEG and BSID by company, document, year and line, others by their number.
CREATE TEMP TABLE dispute_object AS
SELECT DISTINCT d.id AS dispute, x.type, x.id
FROM FDM_DCOBJ o JOIN dispute d ON d.case_guid = o.case_guid_loc,
LATERAL (SELECT CASE WHEN o.obj_type IN ('BSEG', 'BSID', 'BSAD') AND length(trim(o.obj_key)) = 21 THEN 'AREntry' WHEN o.obj_type IN ('VBRK', 'BUS2037') THEN 'Invoice'
                     WHEN o.obj_type IN ('LIKP', 'BUS2015') THEN 'Delivery' WHEN o.obj_type IN ('VBAK', 'BUS2032') THEN 'SalesOrder' WHEN o.obj_type IN ('KNA1', 'BUS3007') THEN 'Customer' END AS type,
                CASE WHEN o.obj_type IN ('BSEG', 'BSID', 'BSAD') THEN trim(o.obj_key[1:4]) || '/' || id_of(o.obj_key[5:14]) || '/' || o.obj_key[15:18] || '/' || id_of(o.obj_key[19:21]) ELSE id_of(o.obj_key) END AS id) x
WHERE x.type IS NOT NULL AND x.id IS NOT NULL AND NOT flag(o.is_voided);
