-- How many such copies has each activity?
SELECT activity, CAST(sum(events - 1) AS BIGINT) AS copies, count(*) FILTER (WHERE sources > 1) AS across
FROM p_copy
GROUP BY activity
ORDER BY activity
