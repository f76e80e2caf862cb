-- Which items are not directly those of a case object?
-- An order's own items are entered from the order only, so a walk never
-- crosses from one order into another through the lines of a shared invoice.
CREATE TEMP TABLE w_free AS
SELECT object FROM w_object WHERE kind = 0
EXCEPT
SELECT b AS object FROM w_edge WHERE a IN (SELECT object FROM w_object WHERE kind = -1)
