-- Who orders, receives or pays?
CREATE OR REPLACE VIEW o2c.customers AS
SELECT o.id AS customer_id, c.number AS customer_number, c.name AS customer_name, c.country, c.customer_group,
       c.payment_terms_days, c.credit_limit, c.currency, c.object AS customer_object
FROM objects."Customer" c JOIN main.object o ON o.object = c.object;
