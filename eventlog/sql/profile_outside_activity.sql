-- Which activities are they?
SELECT activity, count(*) AS events FROM p_outside GROUP BY activity ORDER BY events DESC, activity LIMIT $1
