-- What did sales and service people note, in the words of the order-to-cash model?
--
-- What it relies on:
-- * An order is found by order_no where that is given, else by the customer's order number, of the same customer where
--   both systems number customers alike.
-- * An order in taken_order was taken by a person: that is what the table is for.
-- * A credit check holds an order from held_at until it is decided to release it; a rejected one holds on.

CREATE VIEW asked AS
SELECT 'quote' AS source_table, quote_no AS source_key, order_no, po_number, customer_no FROM quote
UNION ALL
SELECT 'taken_order', taken_no, order_no, po_number, customer_no FROM taken_order;

CREATE VIEW reference AS
SELECT source_table AS source_type, source_key AS source_id, 'on' AS qualifier, 'SalesOrder' AS target_type, coalesce(order_no, po_number) AS key,
       CASE WHEN order_no IS NOT NULL THEN 'number' ELSE 'customer_reference' END AS attribute,
       NULL::DECIMAL(18,4) AS amount, NULL::VARCHAR AS currency, customer_no AS customer
-- an offer that nobody took refers to no order
FROM asked WHERE order_no IS NOT NULL OR po_number IS NOT NULL
UNION ALL
SELECT 'DisputeCase', own(case_no), 'disputes', 'Invoice', invoice_no, 'number', disputed_amount, currency, NULL FROM dispute_case WHERE invoice_no IS NOT NULL
UNION ALL
SELECT 'DisputeCase', own(case_no), 'disputes', 'Delivery', delivery_no, 'number', disputed_amount, currency, NULL FROM dispute_case WHERE delivery_no IS NOT NULL AND invoice_no IS NULL
UNION ALL
SELECT 'DisputeCase', own(case_no), 'disputes', 'SalesOrder', order_no, 'number', disputed_amount, currency, NULL FROM dispute_case
WHERE order_no IS NOT NULL AND invoice_no IS NULL AND delivery_no IS NULL
UNION ALL
SELECT 'DisputeCase', own(case_no), 'raised by', 'Customer', customer_no, 'number', NULL, NULL, NULL FROM dispute_case WHERE customer_no IS NOT NULL
UNION ALL
SELECT 'CreditCase', own(decision_no), 'concerns', 'SalesOrder', order_no, 'number', NULL, NULL, NULL FROM credit_decision WHERE order_no IS NOT NULL
UNION ALL
SELECT 'CreditCase', own(decision_no), 'concerns', 'Customer', customer_no, 'number', NULL, NULL, NULL FROM credit_decision WHERE customer_no IS NOT NULL;

CREATE VIEW link AS FROM resolve('reference');

-- Events ------------------------------------------------------------------------

CREATE VIEW ordered AS SELECT source_type AS source_table, source_id AS source_key, target_id AS order_id FROM link WHERE qualifier = 'on' AND target_id IS NOT NULL;

CREATE VIEW happened AS
SELECT 'quote/' || quote_no AS key, 'Quote Sales Order' AS activity, sent_at AS time, 'exact' AS precision, owner AS user_name, owner_kind AS user_kind,
       'SalesOrder' AS type, o.order_id AS id, 'quote' AS source_table, quote_no AS source_key
FROM quote q JOIN ordered o ON o.source_table = 'quote' AND o.source_key = q.quote_no
UNION ALL BY NAME
-- the customer says yes: that is the order
SELECT 'accept/' || quote_no AS key, 'Receive PO' AS activity, accepted_at AS time, 'exact' AS precision, owner AS user_name, owner_kind AS user_kind,
       'SalesOrder' AS type, o.order_id AS id, 'quote' AS source_table, quote_no AS source_key
FROM quote q JOIN ordered o ON o.source_table = 'quote' AND o.source_key = q.quote_no
UNION ALL BY NAME
SELECT 'taken/' || taken_no AS key, 'Receive PO' AS activity, coalesce(received_at, midnight(received_day)) AS time,
       CASE WHEN received_at IS NULL THEN 'day' ELSE 'exact' END AS precision, taken_by AS user_name, 'human' AS user_kind,
       'SalesOrder' AS type, o.order_id AS id, 'taken_order' AS source_table, taken_no AS source_key
FROM taken_order t JOIN ordered o ON o.source_table = 'taken_order' AND o.source_key = t.taken_no
UNION ALL BY NAME
SELECT 'open/' || case_no AS key, 'Open Dispute' AS activity, opened_at AS time, opened_by AS user_name, user_kind,
       'DisputeCase' AS type, own(case_no) AS id, 'dispute_case' AS source_table, case_no AS source_key FROM dispute_case
UNION ALL BY NAME
SELECT 'submit/' || case_no AS key, 'Submit Dispute' AS activity, submitted_at AS time, opened_by AS user_name, user_kind,
       'DisputeCase' AS type, own(case_no) AS id, 'dispute_case' AS source_table, case_no AS source_key FROM dispute_case
UNION ALL BY NAME
SELECT 'decide/' || case_no AS key, CASE lower(outcome) WHEN 'rejected' THEN 'Reject Dispute' ELSE 'Approve Dispute' END AS activity, decided_at AS time, decided_by AS user_name, user_kind,
       'DisputeCase' AS type, own(case_no) AS id, 'dispute_case' AS source_table, case_no AS source_key FROM dispute_case WHERE lower(outcome) IN ('upheld', 'rejected')
UNION ALL BY NAME
SELECT 'close/' || case_no AS key, 'Close Dispute' AS activity, closed_at AS time, closed_by AS user_name, user_kind,
       'DisputeCase' AS type, own(case_no) AS id, 'dispute_case' AS source_table, case_no AS source_key FROM dispute_case
UNION ALL BY NAME
SELECT 'hold/' || decision_no AS key, 'Set Credit Block' AS activity, held_at AS time, NULL AS user_name, 'scheduler' AS user_kind,
       'Block' AS type, own(decision_no) AS id, 'credit_decision' AS source_table, decision_no AS source_key FROM credit_decision
UNION ALL BY NAME
SELECT 'release/' || decision_no AS key, 'Release Credit Block' AS activity, decided_at AS time, decided_by AS user_name, user_kind,
       'Block' AS type, own(decision_no) AS id, 'credit_decision' AS source_table, decision_no AS source_key FROM credit_decision WHERE lower(decision) = 'released';

CREATE VIEW event AS
SELECT h.key, h.activity, h.time, coalesce(h.precision, 'exact') AS precision, coalesce(a.user_name, h.user_name) AS resource,
       coalesce(lower(h.user_kind), a.kind, 'unknown') AS actor_kind, h.source_table, h.source_key
FROM happened h LEFT JOIN actor a ON a.user_key = user_key(h.user_name) WHERE h.time IS NOT NULL;

CREATE VIEW event_object AS
SELECT key AS event_key, type, id, 'on' AS qualifier FROM happened WHERE time IS NOT NULL
UNION ALL
SELECT h.key, 'CreditCase', h.id, 'on' FROM happened h WHERE h.type = 'Block' AND h.time IS NOT NULL;

-- Objects and relations -----------------------------------------------------------

CREATE VIEW object_DisputeCase AS
SELECT own(case_no) AS id, 'dispute_case' AS source_table, case_no AS source_key, case_no AS number, reason, lower(reason_class) AS reason_class, status,
       CASE WHEN lower(outcome) IN ('upheld', 'rejected') THEN lower(outcome) END AS outcome, owner, disputed_amount, credited_amount, currency
FROM dispute_case;

CREATE VIEW object_CreditCase AS
SELECT own(decision_no) AS id, 'credit_decision' AS source_table, decision_no AS source_key, coalesce(lower(decision), 'open') AS status, exposure, currency FROM credit_decision;

CREATE VIEW object_Block AS
SELECT own(decision_no) AS id, 'credit_decision' AS source_table, decision_no AS source_key, 'credit' AS kind, reason, at_creation FROM credit_decision;

CREATE VIEW object_object AS
SELECT source_type, source_id, target_type, target_id, qualifier, CASE WHEN qualifier = 'disputes' THEN amount END AS amount, CASE WHEN qualifier = 'disputes' THEN currency END AS currency
FROM link WHERE qualifier <> 'on' AND target_id IS NOT NULL
UNION ALL
SELECT 'Block', source_id, target_type, target_id, 'blocks', NULL, NULL FROM link WHERE source_type = 'CreditCase' AND target_type = 'SalesOrder' AND target_id IS NOT NULL;
