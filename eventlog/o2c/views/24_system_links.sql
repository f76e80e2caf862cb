-- Which references from one system to another have been found, and which not?
-- One row a reference: who refers, to which object of another system or of nobody. state: matched; unmatched: nobody
-- describes what is meant; ambiguous: the key means several. amount is the relation's. References without one share what
-- is left of the value of who refers, in equal parts: over the references of one kind, amounts add up to the documents' value.
-- A relation that begins at another system's object is read from its other end, and keeps its name:
-- a warehouse's Shipment, shipped with a Delivery of the ERP.
CREATE OR REPLACE VIEW o2c.system_links AS
WITH
worth AS (
	SELECT object, net_value AS value, currency FROM objects."SalesOrder"
	UNION ALL SELECT object, net_value, currency FROM objects."SalesOrderItem"
	UNION ALL SELECT object, TRY_CAST(quantity * net_price::DECIMAL(38,6) AS DECIMAL(18,4)), currency FROM objects."DeliveryItem"
	UNION ALL SELECT object, gross_amount, currency FROM objects."Invoice"
	UNION ALL SELECT object, net_amount, currency FROM objects."InvoiceItem"
	UNION ALL SELECT object, amount, currency FROM objects."AREntry"
	UNION ALL SELECT object, amount, currency FROM objects."Receipt"
	UNION ALL SELECT object, disputed_amount, currency FROM objects."DisputeCase"
),
-- What the mappings say they looked for by a business key. One that compares a key with several
-- attributes has found it if all that answer mean the same object.
told AS (
	SELECT l.source AS system, l.source_type, l.source_id, l.qualifier, l.target_type, l.key, string_agg(DISTINCT l.attribute, ', ' ORDER BY l.attribute) AS attribute,
	       CASE WHEN count(DISTINCT l.target_id) = 1 THEN min(l.target_id) END AS target_id,
	       CASE count(DISTINCT l.target_id) WHEN 0 THEN max(l.matches) ELSE count(DISTINCT l.target_id) END AS matches,
	       max(l.amount) AS amount, min(l.currency) AS currency, any_value(o.object) AS object
	FROM main.link l LEFT JOIN main.object o ON o.type = l.source_type AND o.id = l.source_id
	GROUP BY l.source, l.source_type, l.source_id, l.qualifier, l.target_type, l.key
),
-- The kinds of them, which are few: what a mapping has looked for is not taken for known below.
asked AS MATERIALIZED (
	SELECT DISTINCT source AS system, source_type, qualifier, target_type FROM main.link
),
-- Relations that leave their system, by numbers only: most do not.
leaving AS MATERIALIZED (
	SELECT r.source AS system, r.source_object, r.target_object, r.qualifier, r.amount, r.currency,
	       NOT s.defined OR s.source <> r.source AS source_is_foreign, NOT t.defined OR t.source <> r.source AS target_is_foreign
	FROM main.object_object r
	JOIN main.object s ON s.object = r.source_object
	JOIN main.object t ON t.object = r.target_object
	WHERE NOT s.defined OR s.source <> r.source OR NOT t.defined OR t.source <> r.source
),
referring AS (
	SELECT system, source_object AS object, target_object AS target, qualifier, amount, currency, FALSE AS from_its_end FROM leaving WHERE target_is_foreign
	UNION ALL
	SELECT system, target_object, source_object, qualifier, amount, currency, TRUE FROM leaving WHERE source_is_foreign AND NOT target_is_foreign
),
-- What the mappings take for known.
taken AS (
	SELECT r.system, s.type AS source_type, s.id AS source_id, r.qualifier, t.type AS target_type, t.id AS key,
	       t.defined, sum(r.amount) AS amount, min(r.currency) AS currency, s.object
	FROM referring r
	JOIN main.object s ON s.object = r.object
	JOIN main.object t ON t.object = r.target
	WHERE NOT EXISTS (FROM asked a WHERE a.system = r.system AND a.target_type = t.type AND (r.from_its_end OR a.source_type = s.type AND a.qualifier = r.qualifier))
	GROUP BY r.system, s.type, s.id, r.qualifier, t.type, t.id, t.defined, s.object
),
-- What their events touch, once an object.
touched AS (
	SELECT p.system, 'event' AS source_type, t.id AS source_id, 'on' AS qualifier, t.type AS target_type, t.id AS key, t.defined, t.object
	FROM (SELECT DISTINCT e.source AS system, r.object FROM main.event_object r JOIN main.event e USING (event)) p
	JOIN main.object t USING (object)
	WHERE t.type <> 'User' AND (NOT t.defined OR t.source <> p.system)
	  AND NOT EXISTS (FROM asked a WHERE a.system = p.system AND a.target_type = t.type)
),
known AS (
	FROM taken UNION ALL BY NAME FROM touched
)
SELECT system, source_type, source_id, qualifier, target_type, key, attribute, target_id, matches,
       CASE matches WHEN 1 THEN 'matched' WHEN 0 THEN 'unmatched' ELSE 'ambiguous' END AS state,
       -- the nth part is what n parts make less what the ones before make, so that no cent is lost
       coalesce(amount, (rest * nth / parts)::DECIMAL(18,4) - (rest * (nth - 1) / parts)::DECIMAL(18,4))::DECIMAL(18,4) AS amount,
       CASE WHEN amount IS NOT NULL THEN coalesce(currency, own_currency) ELSE own_currency END AS currency
FROM (
	SELECT *, CASE WHEN sign(value - of_its_own) = sign(value) THEN value - of_its_own ELSE value * 0 END AS rest
	FROM (
		SELECT a.*, w.value, w.currency AS own_currency, count(*) FILTER (a.amount IS NULL) OVER document AS parts,
		       row_number() OVER (PARTITION BY a.system, a.source_type, a.source_id, a.qualifier, a.target_type, a.amount IS NULL ORDER BY a.key) AS nth,
		       coalesce(sum(a.amount) FILTER (coalesce(a.currency, w.currency) = w.currency) OVER document, 0) AS of_its_own
		FROM (FROM told
		      UNION ALL BY NAME
		      SELECT * EXCLUDE (defined), 'id' AS attribute, CASE WHEN defined THEN key END AS target_id, defined::BIGINT AS matches FROM known) a
		LEFT JOIN worth w ON w.object = a.object
		WINDOW document AS (PARTITION BY a.system, a.source_type, a.source_id, a.qualifier, a.target_type)
	)
);
