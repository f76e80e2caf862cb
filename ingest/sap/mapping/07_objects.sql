-- What is there, and how is it now?

CREATE VIEW object_User AS
SELECT user_of(bname) AS id, 'USR02' AS source_table, min(bname) AS source_key, min(a.kind) AS kind FROM USR02 JOIN actor a ON a.name = user_of(bname) GROUP BY user_of(bname);

-- Customers by whoever knows them: the master, the business partner, or only a
-- document, whose row is about more than the customer.
CREATE VIEW object_Customer AS
WITH known AS (
	SELECT 1 AS rank, id_of(kunnr) AS id, 'KNA1' AS source_table, kunnr AS source_key, txt(name1) AS name, txt(land1) AS country, txt(stceg) AS tax_number,
	       -- a location number in three columns, which are numbers in some exports
	       lpad(txt(bbbnr), 7, '0') || lpad(txt(bbsnr), 5, '0') || txt(bubkz) AS gln FROM KNA1
	UNION ALL
	SELECT 2, coalesce(id_of(p.kunnr), id_of(p.partner)), 'BUT000', p.partner, coalesce(txt(p.name), txt(p.full_name), txt(p.name_org1)), a.country, NULL, NULL
	FROM BUT000 p LEFT JOIN (SELECT id_of(partner) AS partner, min(txt(country)) AS country FROM BUT020 GROUP BY ALL) a ON a.partner = id_of(p.partner)
	WHERE id_of(p.kunnr) IS NOT NULL OR id_of(p.partner) IN (SELECT id_of(kunnr) FROM VBAK)
	UNION ALL SELECT 3, customer, NULL, NULL, NULL, NULL, NULL, NULL FROM sales_document WHERE is_order GROUP BY customer
	UNION ALL SELECT 4, customer, NULL, NULL, NULL, NULL, NULL, NULL FROM billing_document GROUP BY customer
	UNION ALL SELECT 5, customer, NULL, NULL, NULL, NULL, NULL, NULL FROM ledger_line GROUP BY customer
),
sold AS (
	SELECT id_of(kunnr) AS id, min(txt(kdgrp)) AS customer_group, min(txt(zterm)) AS zterm, CASE WHEN count(DISTINCT txt(waers)) = 1 THEN min(txt(waers)) END AS currency FROM KNVV GROUP BY ALL
),
company AS (
	SELECT id_of(kunnr) AS id, CASE WHEN count(DISTINCT txt(zterm)) = 1 THEN min(txt(zterm)) END AS zterm FROM KNB1 GROUP BY ALL
)
SELECT k.id, arg_min(k.source_table, rank) AS source_table, arg_min(k.source_key, rank) AS source_key, k.id AS number, arg_min(k.name, rank) AS name, arg_min(k.country, rank) AS country,
       min(s.customer_group) AS customer_group, min(t.days) AS payment_terms_days, min(s.currency) AS currency,
       arg_min(k.tax_number, rank) AS tax_number, arg_min(k.gln, rank) AS gln
FROM known k LEFT JOIN sold s ON s.id = k.id LEFT JOIN company c ON c.id = k.id LEFT JOIN terms t ON t.zterm = coalesce(s.zterm, c.zterm)
WHERE k.id IS NOT NULL GROUP BY k.id;

CREATE VIEW object_Material AS
WITH name AS (
	SELECT id_of(matnr) AS id, arg_min(txt(maktx), (CASE WHEN upper(trim(spras)) IN ('E', 'EN') THEN 0 ELSE 1 END, spras)) AS name FROM MAKT GROUP BY ALL
)
SELECT m.id, min(m.source_table) AS source_table, arg_min(m.source_key, (m.source_table, m.source_key)) AS source_key, m.id AS number, min(n.name) AS name, min(m.material_group) AS material_group, min(m.unit) AS unit, min(m.gtin) AS gtin
FROM (SELECT id_of(matnr) AS id, 'MARA' AS source_table, matnr AS source_key, txt(matkl) AS material_group, txt(meins) AS unit, txt(ean11) AS gtin FROM MARA
      UNION ALL SELECT material, 'VBAP', min(source_key), NULL, NULL, NULL FROM sales_item GROUP BY material) m
LEFT JOIN name n ON n.id = m.id
WHERE m.id IS NOT NULL GROUP BY m.id;

CREATE VIEW object_SalesOrder AS
SELECT d.id, 'VBAK' AS source_table, d.source_key, d.id AS number, CASE d.category WHEN 'H' THEN 'return' WHEN 'I' THEN 'free_of_charge' ELSE 'order' END AS kind, d.status,
       CASE WHEN o.id IS NOT NULL OR d.order_source IN ('DFUE', 'EDI') THEN 'edi' WHEN d.order_source = 'TELE' THEN 'phone' WHEN d.order_source = 'SCHR' THEN 'mail'
            WHEN a.kind = 'interface' THEN 'api' WHEN a.kind = 'human' THEN 'desk' END AS channel,
       d.customer_reference, d.requested_date, t.days AS payment_terms_days, d.organisation, i.plant AS site, d.sign * d.net_value AS net_value, d.currency
FROM sales_document d
LEFT JOIN (SELECT DISTINCT x.id FROM idoc_object x JOIN idoc m ON m.id = x.idoc AND m.direction = 'in' AND m.kind = 'order' WHERE x.type = 'SalesOrder') o ON o.id = d.id
LEFT JOIN actor a ON a.name = user_of(d.creator)
LEFT JOIN terms t ON t.zterm = d.zterm
LEFT JOIN (SELECT document, CASE WHEN count(DISTINCT plant) = 1 THEN min(plant) END AS plant FROM sales_item GROUP BY ALL) i ON i.document = d.id
WHERE d.is_order;

CREATE VIEW object_SalesOrderItem AS
SELECT i.id, 'VBAP' AS source_table, i.source_key, TRY_CAST(i.position AS BIGINT) AS position, i.quantity, i.unit, i.net_price, i.net_value, i.currency,
       nullif(s.requested_date, i.requested_date) AS requested_date, i.rejection_reason, i.delivery_relevant, i.billing_relevant
FROM sales_item i LEFT JOIN (SELECT item, min(requested_date) AS requested_date FROM schedule_line GROUP BY ALL) s ON s.item = i.id;

CREATE VIEW object_ScheduleLine AS
SELECT id, 'VBEP' AS source_table, source_key, requested_date, confirmed_date, quantity, confirmed_quantity, unit FROM schedule_line;

CREATE VIEW object_Delivery AS
SELECT d.id, 'LIKP' AS source_table, d.source_key, d.id AS number, d.kind, d.status, d.site, t.carrier,
       (SELECT CAST(arg_min(c.old_value, (c.time, c.sequence)) AS DATE) FROM change c WHERE c.type = 'Delivery' AND c.attribute = 'planned_date' AND c.id = d.id) AS first_planned_date, d.planned_date, d.goods_issue_date
FROM delivery d
LEFT JOIN (SELECT id_of(p.vbeln) AS delivery, min(id_of(k.tdlnr)) AS carrier FROM VTTP p JOIN VTTK k ON k.tknum = p.tknum GROUP BY ALL) t ON t.delivery = d.id;

CREATE VIEW object_DeliveryItem AS
SELECT d.id, 'LIPS' AS source_table, d.source_key, TRY_CAST(d.position AS BIGINT) AS position, d.quantity, t.picked AS picked_quantity, d.unit, d.batch, d.billing_relevant, d.status
FROM delivery_item d
LEFT JOIN (SELECT id_of(vbeln) || '/' || id_of(posnr) AS id, sum(number_of(nistm)) AS picked FROM LTAP WHERE flag(pquit) GROUP BY ALL) t ON t.id = d.id;

CREATE VIEW object_WarehouseTask AS
SELECT trim(lgnum) || '/' || id_of(tanum) || '/' || id_of(tapos) AS id, 'LTAP' AS source_table, lgnum || '/' || tanum || '/' || tapos AS source_key,
       number_of(vsolm) AS target_quantity, CASE WHEN flag(pquit) THEN number_of(nistm) END AS actual_quantity, txt(meins) AS unit, txt(vlpla) AS location
FROM LTAP WHERE id_of(vbeln) IS NOT NULL;

CREATE VIEW object_Shipment AS
SELECT id_of(tknum) AS id, 'VTTK' AS source_table, tknum AS source_key, id_of(tknum) AS number, id_of(tdlnr) AS carrier, time_of(dpten, upten) AS planned_arrival FROM VTTK;

CREATE VIEW object_Invoice AS
SELECT b.id, 'VBRK' AS source_table, b.source_key, b.id AS number, b.kind, CASE WHEN c.cancelled IS NOT NULL OR b.is_cancelled THEN 'cancelled' ELSE b.status END AS status, b.invoice_date,
       coalesce(t.days, date_diff('day', l.base_date, l.due_date)) AS payment_terms_days, b.organisation, b.net_amount, coalesce(b.gross_amount, l.amount, b.net_amount) AS gross_amount, b.currency
FROM billing_document b
LEFT JOIN terms t ON t.zterm = b.zterm
LEFT JOIN (SELECT invoice, sum(amount) AS amount, min(base_date) AS base_date, max(due_date) AS due_date FROM posting WHERE invoice IS NOT NULL GROUP BY ALL) l ON l.invoice = b.id
LEFT JOIN (SELECT DISTINCT cancelled FROM cancellation) c ON c.cancelled = b.id;

CREATE VIEW object_InvoiceItem AS
SELECT id, 'VBRP' AS source_table, source_key, TRY_CAST(position AS BIGINT) AS position, quantity, unit, net_amount / nullif(quantity, 0) AS net_price, net_amount, currency FROM billing_item;

CREATE VIEW object_AREntry AS
SELECT id, source_table, source_key, kind, posting_date, due_date, amount, currency, reason FROM posting WHERE kind <> 'receipt';

CREATE VIEW object_Receipt AS
SELECT id, source_table, source_key, number, kind, value_date, amount, currency, reference FROM receipt;

CREATE VIEW object_Application AS
SELECT 'clearing/' || id AS id, source_table, source_key, date, number AS clearing FROM clearing
UNION ALL BY NAME
SELECT 'partial/' || id AS id, source_table, source_key, posting_date AS date FROM partial;

CREATE VIEW object_DisputeCase AS
SELECT id, 'SCMG_T_CASE_ATTR' AS source_table, source_key, id AS number, reason,
       CASE WHEN regexp_matches(reason, 'PR[EI]|PRIC', 'i') THEN 'price' WHEN regexp_matches(reason, 'QTY|QUAN|MENG|SHORT|MISS', 'i') THEN 'quantity'
            WHEN regexp_matches(reason, 'QUAL|DAM|DEF', 'i') THEN 'quality' WHEN regexp_matches(reason, 'DOC|PAP|POD|LABEL', 'i') THEN 'paperwork' WHEN reason IS NOT NULL THEN 'other' END AS reason_class,
       status, CASE WHEN closed_at IS NULL THEN NULL WHEN credited > 0 THEN 'upheld' ELSE 'rejected' END AS outcome, owner, original AS disputed_amount, credited AS credited_amount, currency
FROM dispute;

CREATE VIEW object_Block AS
SELECT s.block AS id, s.kind, coalesce(s.at_creation, c.reason) AS reason, s.at_creation IS NOT NULL AS at_creation
FROM stop s LEFT JOIN (SELECT block, arg_min(reason, (time, sequence)) AS reason FROM stop_event GROUP BY ALL) c ON c.block = s.block
WHERE s.block IN (SELECT block FROM stop_event);

CREATE VIEW object_Message AS
SELECT 'idoc/' || id AS id, 'EDIDC' AS source_table, source_key, id AS number, direction, kind, 'idoc' AS channel, partner, business_key, closed_unposted FROM idoc
UNION ALL BY NAME
SELECT id, 'NAST' AS source_table, source_key, 'out' AS direction, kind, channel, partner, document AS business_key FROM output WHERE is_message;
