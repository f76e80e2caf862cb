-- Which objects did each event of this source touch?
CREATE OR REPLACE TEMP TABLE x_old AS
SELECT r.event, r.object, r.qualifier, r.quantity, r.amount, r.currency
FROM main.event_object AS r
WHERE r.event IN (SELECT event FROM main.event WHERE source = {source})
  AND r.event NOT IN (SELECT event FROM main.settled_event)
