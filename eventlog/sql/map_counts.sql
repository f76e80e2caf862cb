-- How many rows does a view have, how many of them say something of their own, and how many were there?
SELECT (SELECT count(*) FROM {view}), (SELECT count(*) FROM x_now), (SELECT count(*) FROM x_old)
