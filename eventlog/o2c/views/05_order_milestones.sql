-- When did each sales order itself pass its milestones?
CREATE OR REPLACE VIEW o2c.order_milestones AS
SELECT object AS order_object, object_id AS order_id,
       min(time) FILTER (activity = 'Receive PO') AS received_at,
       min(time) FILTER (activity IN ('Create Sales Order', 'Create Return Order')) AS created_at,
       arg_min(actor_kind, (time, sequence)) FILTER (activity IN ('Create Sales Order', 'Create Return Order')) AS created_by,
       arg_min(resource, (time, sequence)) FILTER (activity IN ('Create Sales Order', 'Create Return Order')) AS creator,
       min(time) FILTER (activity = 'Quote Sales Order') AS quoted_at,
       min(time) FILTER (activity = 'Confirm Sales Order') AS confirmed_at,
       min(time) FILTER (activity = 'Send Order Confirmation') AS confirmation_sent_at,
       min(time) FILTER (activity = 'Release Sales Order') AS released_at,
       CASE WHEN arg_max(activity, (time, sequence, event)) FILTER (activity IN ('Cancel Sales Order', 'Reset Sales Order')) = 'Cancel Sales Order'
            THEN max(time) FILTER (activity = 'Cancel Sales Order') END AS cancelled_at,
       max(time) FILTER (activity = 'Complete Sales Order') AS completed_at,
       max(time) FILTER (activity = 'Sales Order Paid') AS said_paid_at
FROM o2c.object_events WHERE object_type = 'SalesOrder'
GROUP BY ALL;
