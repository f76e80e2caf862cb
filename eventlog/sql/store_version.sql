-- Which migration was the last?
SELECT max(number) FROM main.migration
