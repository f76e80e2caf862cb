-- What are the documents of other systems called, and which one does a reference mean?
--
-- Every mapping of a feed begins with this text. A mapping makes a view
-- reference, and of it a view link, by resolve('reference'):
--
--	source_type, source_id  who refers: an object of this feed, or a table of it and a key
--	qualifier               as in the model's relation, or "on" for events
--	target_type, key        what is meant, as the feed wrote it; of a line, document/line
--	attribute               what is compared with it: number, customer_reference, position,
--	                        number or customer_reference; number is the id where a system gives none
--	customer                whose it is, in the feed's words; only where systems number customers alike does it narrow
--	amount, currency        of the relation
--
-- link has the same columns but customer, and besides: matches, how many objects the key
-- may mean, and target_id, the one that it does. None or several are no link.

-- A key without what systems write differently: case, blanks around it, leading zeros of
-- a document and of a line.
CREATE MACRO plain(key) AS nullif(regexp_replace(upper(trim(key)), '(^|/)0+', '\1', 'g'), '');

-- An object of this feed. Two feeds may number alike.
CREATE MACRO own(key) AS source_name() || ':' || key;

-- A day is a day of the source's time zone.
CREATE MACRO midnight(day) AS day::TIMESTAMP AT TIME ZONE source_zone();

CREATE VIEW described AS
SELECT object, type, id FROM main.object WHERE defined AND list_contains(source_uses(), source) AND source <> source_name();

-- A user's name, without the kind that stands before its pseudonym: two systems may tell it by other patterns.
CREATE MACRO user_key(name) AS CASE WHEN regexp_full_match(name, '[a-z]+~[0-9a-f]{16}') THEN split_part(name, '~', 2) ELSE name END;

-- Who is known as what; user_name is what their system calls them. A user whom nobody knows is unknown, and never taken for a person.
CREATE VIEW actor AS
SELECT user_key(d.id) AS user_key, min(d.id) AS user_name, arg_min(u.kind, d.id) AS kind FROM described d JOIN objects."User" u USING (object) WHERE d.type = 'User' GROUP BY ALL;

-- Every name of what other systems describe.
CREATE VIEW known AS
WITH
numbered AS (
	SELECT object, number FROM objects."SalesOrder" UNION ALL SELECT object, number FROM objects."Delivery"
	UNION ALL SELECT object, number FROM objects."Invoice" UNION ALL SELECT object, number FROM objects."Receipt"
	UNION ALL SELECT object, number FROM objects."Shipment" UNION ALL SELECT object, number FROM objects."Customer"
	UNION ALL SELECT object, number FROM objects."Material"
),
document AS (
	SELECT d.object, d.type, d.id, plain(coalesce(n.number, d.id)) AS name FROM described d JOIN numbered n USING (object)
),
buyer AS (
	SELECT r.source_object AS object, min(c.name) AS name
	FROM main.object_object r JOIN document c ON c.object = r.target_object
	WHERE r.qualifier = 'sold to' AND c.type = 'Customer' GROUP BY ALL
),
-- A return repeats the customer's number of the order.
ordered AS (
	SELECT d.id, plain(o.customer_reference) AS name, b.name AS customer
	FROM document d JOIN objects."SalesOrder" o USING (object) LEFT JOIN buyer b USING (object)
	WHERE d.type = 'SalesOrder' AND o.customer_reference IS NOT NULL AND coalesce(o.kind, 'order') <> 'return'
),
line AS (
	SELECT object, position FROM objects."SalesOrderItem" UNION ALL SELECT object, position FROM objects."DeliveryItem"
	UNION ALL SELECT object, position FROM objects."InvoiceItem"
)
SELECT d.type AS target_type, 'number' AS attribute, d.name, d.id, b.name AS customer FROM document d LEFT JOIN buyer b USING (object)
UNION ALL
SELECT 'SalesOrder', 'customer_reference', name, id, customer FROM ordered
UNION ALL
SELECT 'SalesOrder', 'number or customer_reference', name, id, customer FROM ordered
UNION ALL
SELECT 'SalesOrder', 'number or customer_reference', d.name, d.id, b.name FROM document d LEFT JOIN buyer b USING (object) WHERE d.type = 'SalesOrder'
UNION ALL
SELECT i.type, 'position', p.name || '/' || l.position, i.id, b.name
FROM described i JOIN line l USING (object)
JOIN main.object_object r ON r.source_object = i.object AND r.qualifier = 'item of'
JOIN document p ON p.object = r.target_object LEFT JOIN buyer b ON b.object = p.object
WHERE l.position IS NOT NULL;

CREATE MACRO resolve(refs) AS TABLE
WITH asked AS (
	SELECT r.*, CASE WHEN plain(r.customer) IN (SELECT name FROM known WHERE target_type = 'Customer' AND name IS NOT NULL) THEN plain(r.customer) END AS buyer
	FROM query_table(refs) r WHERE plain(r.key) IS NOT NULL
)
-- The customer is compared after the join: a join by anything but equality looks at every pair.
SELECT a.source_type, a.source_id, a.qualifier, a.target_type, a.key, a.attribute, a.amount, a.currency,
       CASE WHEN count(DISTINCT k.id) FILTER (coalesce(k.customer = a.buyer, TRUE)) = 1 THEN min(k.id) FILTER (coalesce(k.customer = a.buyer, TRUE)) END AS target_id,
       count(DISTINCT k.id) FILTER (coalesce(k.customer = a.buyer, TRUE)) AS matches
FROM asked a LEFT JOIN known k ON k.target_type = a.target_type AND k.attribute = a.attribute AND k.name = plain(a.key)
GROUP BY ALL;
