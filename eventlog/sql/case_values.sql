-- What is each case worth, in ten-thousandths?
SELECT object, CAST(net_value * 10000 AS BIGINT) AS amount, currency
FROM objects.{table}
WHERE net_value > 0 AND currency IS NOT NULL
ORDER BY object
