-- By source and relation?
SELECT source, "from", qualifier, "to", count(*) AS relations, count(DISTINCT id) AS objects
FROM p_dangling
GROUP BY ALL
ORDER BY relations DESC, source, "from", qualifier, "to"
LIMIT $1
