-- Which number does the next load get?
SELECT coalesce(max(load), 0) + 1 FROM main.load
