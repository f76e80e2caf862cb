-- Which references from one system to another have been found, and which not?
-- One row a reference. state: matched; unmatched: nobody describes what is meant;
-- ambiguous: the key means several. amount is the relation's, else the value of who refers.
CREATE OR REPLACE VIEW o2c.system_links AS
WITH
worth AS (
	SELECT object, net_value AS value, currency FROM objects."SalesOrder"
	UNION ALL SELECT object, net_value, currency FROM objects."SalesOrderItem"
	UNION ALL SELECT object, (quantity * net_price)::DECIMAL(18,4), currency FROM objects."DeliveryItem"
	UNION ALL SELECT object, gross_amount, currency FROM objects."Invoice"
	UNION ALL SELECT object, net_amount, currency FROM objects."InvoiceItem"
	UNION ALL SELECT object, amount, currency FROM objects."AREntry"
	UNION ALL SELECT object, amount, currency FROM objects."Receipt"
	UNION ALL SELECT object, disputed_amount, currency FROM objects."DisputeCase"
),
-- What the mappings say they looked for by a business key.
told AS (
	SELECT l.source AS system, l.source_type, l.source_id, l.qualifier, l.target_type, l.key, l.attribute, l.target_id, l.matches, l.amount, l.currency, o.object
	FROM main.link l LEFT JOIN main.object o ON o.type = l.source_type AND o.id = l.source_id
),
-- What they take for known: the target is another system's, or nobody's.
taken AS (
	SELECT DISTINCT r.source AS system, s.type AS source_type, s.id AS source_id, r.qualifier, t.type AS target_type, t.id AS key, 'id' AS attribute,
	       CASE WHEN t.defined THEN t.id END AS target_id, CASE WHEN t.defined THEN 1 ELSE 0 END::BIGINT AS matches, r.amount, r.currency, s.object
	FROM main.object_object r
	JOIN main.object s ON s.object = r.source_object
	JOIN main.object t ON t.object = r.target_object
	WHERE (NOT t.defined OR t.source <> r.source)
	  AND NOT EXISTS (FROM main.link l WHERE l.source = r.source AND l.source_type = s.type AND l.qualifier = r.qualifier AND l.target_type = t.type)
),
-- What their events touch, once an object.
touched AS (
	SELECT DISTINCT e.source AS system, 'event' AS source_type, t.id AS source_id, 'on' AS qualifier, t.type AS target_type, t.id AS key, 'id' AS attribute,
	       CASE WHEN t.defined THEN t.id END AS target_id, CASE WHEN t.defined THEN 1 ELSE 0 END::BIGINT AS matches,
	       NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, t.object
	FROM main.event_object r
	JOIN main.event e ON e.event = r.event
	JOIN main.object t ON t.object = r.object
	WHERE t.type <> 'User' AND (NOT t.defined OR t.source <> e.source)
	  AND NOT EXISTS (FROM main.link l WHERE l.source = e.source AND l.qualifier = 'on' AND l.target_type = t.type)
)
SELECT a.system, a.source_type, a.source_id, a.qualifier, a.target_type, a.key, a.attribute, a.target_id, a.matches,
       CASE WHEN a.matches = 1 THEN 'matched' WHEN a.matches = 0 THEN 'unmatched' ELSE 'ambiguous' END AS state,
       coalesce(a.amount, w.value) AS amount, CASE WHEN a.amount IS NOT NULL THEN coalesce(a.currency, w.currency) ELSE w.currency END AS currency
FROM (FROM told UNION ALL BY NAME FROM taken UNION ALL BY NAME FROM touched) a
LEFT JOIN worth w ON w.object = a.object;
