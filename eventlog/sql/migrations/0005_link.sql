-- Which references of a source to what other systems describe does its mapping tell, resolved or not?
CREATE TABLE link (
	source      VARCHAR NOT NULL,
	source_type VARCHAR NOT NULL,  -- who refers: an object's type, or a name of the mapping's
	source_id   VARCHAR NOT NULL,
	qualifier   VARCHAR NOT NULL,
	target_type VARCHAR NOT NULL,
	key         VARCHAR NOT NULL,  -- business key, as the source wrote it
	attribute   VARCHAR NOT NULL,  -- what of the target it was compared with
	matches     BIGINT NOT NULL,   -- how many objects it may mean: one is a link, none or several are not
	target_id   VARCHAR,           -- the one
	amount      DECIMAL(18,4),
	currency    VARCHAR
);
