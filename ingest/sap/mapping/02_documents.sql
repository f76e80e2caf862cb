-- What orders, deliveries and bills are there, in one form for ECC, S/4HANA and released APIs?

-- What a sales document is follows from its category; an API of orders has none else.
CREATE TEMP TABLE sales_document AS
SELECT id_of(v.vbeln) AS id, v.vbeln AS source_key, coalesce(txt(v.vbtyp), 'C') AS category,
       coalesce(txt(v.vbtyp), 'C') IN ('C', 'E', 'H', 'I') AS is_order,
       CASE WHEN txt(v.vbtyp) = 'H' THEN -1 ELSE 1 END AS sign,
       time_of(v.erdat, v.erzet) AS created_at, precision_of(v.erzet) AS precision, txt(v.ernam) AS creator,
       day_of(v.audat) AS document_date, day_of(v.vdatu) AS requested_date,
       number_of(v.netwr) * coalesce(f.factor, 1) AS net_value, txt(v.waerk) AS currency, id_of(v.kunnr) AS customer,
       txt(v.vkorg) AS organisation, txt(v.bsark) AS order_source, coalesce(txt(v.bstnk), txt(k.bstkd)) AS customer_reference, coalesce(txt(v.zterm), txt(k.zterm)) AS zterm,
       txt(v.lifsk) AS delivery_block, txt(v.faksk) AS billing_block, coalesce(txt(v.cmgst), txt(u.cmgst)) AS credit_status,
       coalesce(txt(v.gbstk), txt(u.gbstk), txt(v.lfstk)) AS status, id_of(v.vgbel) AS reference
FROM VBAK v
LEFT JOIN VBUK u ON id_of(u.vbeln) = id_of(v.vbeln)
LEFT JOIN (SELECT id_of(vbeln) AS id, min(zterm) AS zterm, min(bstkd) AS bstkd FROM VBKD WHERE id_of(posnr) IS NULL GROUP BY ALL) k ON k.id = id_of(v.vbeln)
LEFT JOIN shift f ON f.currency = upper(trim(v.waerk));

CREATE TEMP TABLE sales_item AS
SELECT id_of(p.vbeln) || '/' || id_of(p.posnr) AS id, p.vbeln || '/' || p.posnr AS source_key, id_of(p.vbeln) AS document, id_of(p.posnr) AS position, v.sign,
       coalesce(time_of(p.erdat, p.erzet), v.created_at) AS created_at, CASE WHEN day_of(p.erdat) IS NULL THEN v.precision ELSE precision_of(p.erzet) END AS precision,
       coalesce(txt(p.ernam), v.creator) AS creator, v.created_at AS order_created_at, v.precision AS order_precision,
       id_of(p.matnr) AS material, v.sign * number_of(p.kwmeng) AS quantity, txt(p.vrkme) AS unit,
       coalesce(number_of(p.netpr) * coalesce(f.factor, 1) / coalesce(nullif(number_of(p.kpein), 0), 1),
                number_of(p.netwr) * coalesce(f.factor, 1) / nullif(number_of(p.kwmeng), 0)) AS net_price,
       v.sign * number_of(p.netwr) * coalesce(f.factor, 1) AS net_value, coalesce(txt(p.waerk), v.currency) AS currency,
       v.requested_date, txt(p.werks) AS plant, txt(p.abgru) AS rejection_reason, txt(p.faksp) AS billing_block,
       id_of(p.vgbel) AS reference, id_of(p.vgpos) AS reference_position,
       -- an empty flag means no, but only where flags were extracted at all
       CASE WHEN (SELECT count(lfrel) FROM VBAP) > 0 THEN flag(p.lfrel) END AS delivery_relevant,
       CASE WHEN (SELECT count(fkrel) FROM VBAP) > 0 THEN txt(p.fkrel) IS NOT NULL END AS billing_relevant
FROM VBAP p
JOIN sales_document v ON v.id = id_of(p.vbeln) AND v.is_order
LEFT JOIN shift f ON f.currency = coalesce(upper(trim(p.waerk)), upper(v.currency));

-- In a table a line asks (WMENG) or promises (BMENG) for its day; an API has both days.
CREATE TEMP TABLE schedule_line AS
SELECT i.id || '/' || id_of(e.etenr) AS id, e.vbeln || '/' || e.posnr || '/' || e.etenr AS source_key, i.id AS item, id_of(e.etenr) AS line,
       coalesce(day_of(e.requested), min(day_of(e.edatu)) FILTER (number_of(e.wmeng) > 0) OVER (PARTITION BY i.id), i.requested_date) AS requested_date,
       CASE WHEN number_of(e.bmeng) > 0 THEN day_of(e.edatu) END AS confirmed_date,
       i.sign * number_of(e.wmeng) AS quantity, i.sign * number_of(e.bmeng) AS confirmed_quantity, coalesce(txt(e.vrkme), i.unit) AS unit,
       txt(e.lifsp) AS delivery_block, i.created_at, i.precision, i.creator
FROM VBEP e JOIN sales_item i ON i.document = id_of(e.vbeln) AND i.position = id_of(e.posnr);

CREATE TEMP TABLE delivery AS
SELECT id_of(l.vbeln) AS id, l.vbeln AS source_key, CASE WHEN txt(l.vbtyp) = 'T' THEN 'return' ELSE 'outbound' END AS kind, CASE WHEN txt(l.vbtyp) = 'T' THEN -1 ELSE 1 END AS sign,
       time_of(l.erdat, l.erzet) AS created_at, precision_of(l.erzet) AS precision, txt(l.ernam) AS creator, txt(l.vstel) AS site,
       txt(l.lifsk) AS delivery_block, txt(l.faksk) AS billing_block, coalesce(txt(l.cmgst), txt(u.cmgst)) AS credit_status,
       day_of(l.wadat) AS planned_date, day_of(l.wadat_ist) AS goods_issue_date, time_of(l.wadat_ist, l.wauhr_ist) AS goods_issue_at, precision_of(l.wauhr_ist) AS goods_issue_precision,
       time_of(l.podat, l.potim) AS proof_at, precision_of(l.potim) AS proof_precision,
       coalesce(txt(l.wbstk), txt(u.wbstk), txt(l.gbstk)) AS status, coalesce(txt(l.kostk), txt(u.kostk)) AS picking_status
FROM LIKP l LEFT JOIN VBUK u ON id_of(u.vbeln) = id_of(l.vbeln)
WHERE coalesce(txt(l.vbtyp), 'J') IN ('J', 'T');

CREATE TEMP TABLE delivery_item AS
SELECT id_of(p.vbeln) || '/' || id_of(p.posnr) AS id, p.vbeln || '/' || p.posnr AS source_key, d.id AS delivery, id_of(p.posnr) AS position, d.sign,
       d.sign * number_of(p.lfimg) AS quantity, txt(p.vrkme) AS unit, txt(p.charg) AS batch, coalesce(txt(p.wbsta), txt(u.wbsta)) AS status,
       CASE WHEN (SELECT count(fkrel) FROM LIPS) > 0 THEN txt(p.fkrel) IS NOT NULL END AS billing_relevant,
       -- of a sales document: a stock transport delivers a purchase order
       CASE WHEN coalesce(txt(p.vgtyp), 'C') IN ('C', 'E', 'H', 'I') AND id_of(p.vgbel) IS NOT NULL THEN id_of(p.vgbel) || '/' || id_of(p.vgpos) END AS order_item
FROM LIPS p
JOIN delivery d ON d.id = id_of(p.vbeln)
LEFT JOIN VBUP u ON id_of(u.vbeln) = id_of(p.vbeln) AND id_of(u.posnr) = id_of(p.posnr);

-- Goods movements of deliveries: from material documents of either form, where
-- there are none from the document flow.
CREATE TEMP TABLE goods_movement AS
WITH
document AS (
	SELECT id_of(mblnr) AS number, txt(mjahr) AS year, txt(bwart) AS type, time_of(cpudt, cputm) AS time, precision_of(cputm) AS precision, txt(usnam) AS "user", day_of(budat) AS posting_date,
	       id_of(vbeln_im) AS delivery, id_of(vbelp_im) AS position, number_of(menge) AS quantity, id_of(smbln) AS reversed, txt(sjahr) AS reversed_year,
	       'MATDOC' AS source_table, mblnr || '/' || mjahr || '/' || zeile AS source_key
	FROM MATDOC WHERE id_of(vbeln_im) IS NOT NULL
	UNION ALL
	SELECT id_of(s.mblnr), txt(s.mjahr), txt(s.bwart), time_of(k.cpudt, k.cputm), precision_of(k.cputm), txt(k.usnam), day_of(k.budat),
	       coalesce(id_of(s.vbeln_im), id_of(k.le_vbeln)), id_of(s.vbelp_im), number_of(s.menge), id_of(s.smbln), txt(s.sjahr), 'MSEG', s.mblnr || '/' || s.mjahr || '/' || s.zeile
	FROM MSEG s JOIN MKPF k ON k.mblnr = s.mblnr AND k.mjahr = s.mjahr
	WHERE coalesce(id_of(s.vbeln_im), id_of(k.le_vbeln)) IS NOT NULL
),
flow AS (
	SELECT id_of(vbeln) AS number, txt(mjahr) AS year, txt(bwart) AS type, time_of(erdat, erzet) AS time, precision_of(erzet) AS precision, NULL AS "user", NULL::DATE AS posting_date,
	       id_of(vbelv) AS delivery, id_of(posnv) AS position, number_of(rfmng) AS quantity, CASE WHEN txt(vbtyp_n) = 'h' THEN id_of(vbelv) END AS reversed, NULL AS reversed_year,
	       'VBFA' AS source_table, vbelv || '/' || posnv || '/' || vbeln || '/' || posnn || '/' || vbtyp_n AS source_key
	FROM VBFA
	WHERE txt(vbtyp_n) IN ('R', 'h') AND coalesce(txt(vbtyp_v), 'J') IN ('J', 'T') AND id_of(vbelv) NOT IN (SELECT delivery FROM document)
)
SELECT m.*, coalesce(d.kind, CASE WHEN m.type BETWEEN '651' AND '658' THEN 'return' ELSE 'outbound' END) AS kind,
       m.reversed IS NOT NULL OR coalesce(m.type IN ('602', '604', '622', '624', '632', '634', '652', '654', '656', '658'), FALSE) AS is_reversal
FROM (FROM document UNION ALL FROM flow) m
LEFT JOIN delivery d ON d.id = m.delivery
WHERE coalesce(m.type BETWEEN '601' AND '658', TRUE);

-- What a bill is follows from its category, else from its type. Pro-forma and
-- intercompany bills are none of the customer's.
CREATE TEMP TABLE billing_document AS
WITH typed AS (
	SELECT v.*, id_of(v.vbeln) AS id, id_of(v.sfakn) AS cancelled,
	       coalesce(txt(v.vbtyp), CASE
	           WHEN txt(v.fkart) IN ('S2', 'SV2') THEN 'S'
	           WHEN txt(v.fkart) IN ('S1', 'SV') OR id_of(v.sfakn) IS NOT NULL THEN CASE WHEN txt(o.fkart) IN ('G2', 'RE', 'CR', 'CBRE') THEN 'S' ELSE 'N' END
	           WHEN txt(v.fkart) IN ('G2', 'RE', 'CR', 'CBRE') THEN 'O' WHEN txt(v.fkart) IN ('L2', 'DR') THEN 'P'
	           WHEN txt(v.fkart) IN ('F5', 'F8') THEN 'U' WHEN txt(v.fkart) IN ('IV', 'IG') THEN '5' ELSE 'M' END) AS category
	FROM VBRK v LEFT JOIN VBRK o ON id_of(o.vbeln) = id_of(v.sfakn)
)
SELECT v.id, v.vbeln AS source_key, v.category,
       CASE WHEN v.category IN ('N', 'S') THEN 'cancellation' WHEN v.category = 'O' THEN 'credit_memo' ELSE 'invoice' END AS kind,
       CASE WHEN v.category IN ('N', 'O') THEN -1 ELSE 1 END AS sign, v.cancelled, flag(v.fksto) AS is_cancelled,
       time_of(v.erdat, v.erzet) AS created_at, precision_of(v.erzet) AS precision, coalesce(txt(v.ernam), i.creator) AS creator, day_of(v.fkdat) AS invoice_date,
       coalesce(utc_of(v.upd_tmstmp), day_time(day_of(v.aedat))) AS changed_at, CASE WHEN utc_of(v.upd_tmstmp) IS NULL THEN 'day' ELSE 'exact' END AS changed_precision,
       CASE WHEN v.category IN ('N', 'O') THEN -1 ELSE 1 END * abs(number_of(v.netwr)) * coalesce(f.factor, 1) AS net_amount,
       CASE WHEN v.category IN ('N', 'O') THEN -1 ELSE 1 END * abs(coalesce(number_of(v.gross), number_of(v.netwr) + number_of(v.mwsbk))) * coalesce(f.factor, 1) AS gross_amount,
       txt(v.waerk) AS currency, coalesce(id_of(v.kunrg), id_of(v.kunag)) AS customer, txt(v.zterm) AS zterm, coalesce(txt(v.vkorg), txt(v.bukrs)) AS organisation,
       txt(v.rfbsk) AS status, txt(v.bukrs) AS company, id_of(v.belnr) AS accounting_document, txt(v.gjahr) AS fiscal_year
FROM typed v LEFT JOIN shift f ON f.currency = upper(trim(v.waerk))
-- an API says of the lines who made them, not of the head
LEFT JOIN (SELECT id_of(vbeln) AS id, min(txt(ernam)) AS creator FROM VBRP GROUP BY ALL) i ON i.id = v.id
WHERE v.category NOT IN ('U', '5', '6', '3', '4');

CREATE TEMP TABLE billing_item AS
SELECT id_of(p.vbeln) || '/' || id_of(p.posnr) AS id, p.vbeln || '/' || p.posnr AS source_key, b.id AS document, id_of(p.posnr) AS position,
       b.sign * abs(number_of(p.fkimg)) AS quantity, txt(p.vrkme) AS unit, b.sign * abs(number_of(p.netwr)) * coalesce(f.factor, 1) AS net_amount, coalesce(txt(p.waerk), b.currency) AS currency,
       d.id AS delivery_item,
       -- the order line: said, else the one that is billed without a delivery, else the one that the delivery fulfils
       coalesce(id_of(p.aubel) || '/' || id_of(p.aupos), CASE WHEN s.id IS NOT NULL THEN id_of(p.vgbel) || '/' || id_of(p.vgpos) END, d.order_item) AS order_item
FROM VBRP p
JOIN billing_document b ON b.id = id_of(p.vbeln)
LEFT JOIN delivery_item d ON d.delivery = id_of(p.vgbel) AND d.position = id_of(p.vgpos)
LEFT JOIN sales_document s ON s.id = id_of(p.vgbel)
LEFT JOIN shift f ON f.currency = coalesce(upper(trim(p.waerk)), upper(b.currency));

-- Which bill takes which back?
CREATE TEMP TABLE cancellation AS
SELECT id AS document, cancelled FROM billing_document WHERE cancelled IS NOT NULL
UNION
SELECT b.id, id_of(f.vbelv) FROM VBFA f JOIN billing_document b ON b.id = id_of(f.vbeln)
WHERE f.vbtyp_n IN ('N', 'S') AND f.vbtyp_v IN ('M', 'O', 'P') AND b.cancelled IS NULL AND b.kind = 'cancellation';
