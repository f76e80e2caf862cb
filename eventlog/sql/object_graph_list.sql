-- Which are the first $1 edges, by type and id? {edge} says when a leads to b, {order} which of both comes first.
SELECT x.type, x.id, y.type, y.id
FROM (SELECT DISTINCT a.object AS a, b.object AS b FROM step AS a JOIN step AS b ON b.event = a.event AND b.object <> a.object WHERE {edge}) AS e
JOIN main.object AS x ON x.object = e.a
JOIN main.object AS y ON y.object = e.b
WHERE {order}
ORDER BY x.type, x.id, y.type, y.id
LIMIT $1
