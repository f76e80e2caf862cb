-- Which site does each case, or event, name, as its place in the list $1?
SELECT t.{owner} AS number, n.code
FROM (SELECT {owner}, {value} AS site FROM {table}) AS t
JOIN (SELECT unnest($1::VARCHAR[]) AS site, CAST(unnest(range(len($1::VARCHAR[]))) AS INTEGER) AS code) AS n ON n.site = t.site
