-- What would rows that are left over make, which they did not make before?
-- Landed rows are removed because of their age, and those that stay may say
-- something else without them: it is not taken for new.
CREATE TABLE ghost_event (id UHUGEINT NOT NULL);
CREATE TABLE ghost_object (type VARCHAR NOT NULL, id VARCHAR NOT NULL);
-- Sources that lost rows, and have not said yet what they make of the rest.
CREATE TABLE ghost_pending (source VARCHAR NOT NULL);
