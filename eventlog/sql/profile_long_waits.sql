-- Between which activities?
WITH n AS (SELECT "from", "to", count(*) AS waits FROM p_wait GROUP BY ALL)
SELECT l."from", l."to", count(*) AS long, any_value(n.waits) AS waits, any_value(l.limit_us) AS limit_us, max(l.wait_us) AS longest_us
FROM p_long AS l JOIN n USING ("from", "to")
GROUP BY ALL
ORDER BY long DESC, longest_us DESC, l."from", l."to"
LIMIT $1
