-- Which rows are these customers?
SELECT DISTINCT CAST(source_key AS VARCHAR) AS k FROM {view}
WHERE list_contains($1::VARCHAR[], {prefix} || CAST(id AS VARCHAR)) AND source_key IS NOT NULL ORDER BY k
