-- Which tables have landed?
SELECT source, "table" FROM main.landing_table WHERE $1 IN (source, '') ORDER BY ALL
