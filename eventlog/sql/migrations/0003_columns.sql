-- Which files beside the store hold a log? They are derived: what was there is
-- built again, and its files go with the next ones.
DROP TABLE columns;
CREATE TABLE columns (
	log        VARCHAR NOT NULL,
	version    BIGINT NOT NULL,    -- highest load they hold
	definition VARCHAR NOT NULL,   -- the case notion they were built by, as JSON
	part       VARCHAR NOT NULL,   -- cases, or paths: what the numbers in those mean
	file       VARCHAR NOT NULL,   -- name beside the store
	size       BIGINT NOT NULL,
	checksums  UINTEGER[] NOT NULL, -- CRC32C of each block of the file
	notes      VARCHAR NOT NULL    -- JSON list of {code, text}
);
