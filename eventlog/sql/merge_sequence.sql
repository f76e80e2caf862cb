-- Where does the order of arrival continue?
SELECT coalesce(max(sequence), 0) FROM main.event WHERE source = $1
