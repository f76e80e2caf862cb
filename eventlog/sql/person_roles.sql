-- Which of their columns hold people?
SELECT p.source, p."table", p."column", p.role
FROM main.landing_role AS p JOIN main.landing_table AS l USING (source, "table")
WHERE $1 IN (p.source, '') ORDER BY ALL
