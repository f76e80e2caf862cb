-- When was a source read last?
SELECT max(ended_at) FROM main.load
