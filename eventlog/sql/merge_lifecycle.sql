-- What if a log is imported with another lifecycle than before?
UPDATE main.log SET lifecycle = $2 WHERE log = $1 AND lifecycle <> $2
