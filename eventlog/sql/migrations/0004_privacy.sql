-- What does a store know of people, and for how long does it keep what?

-- What columns of landed tables hold, and what their rows are about.
CREATE TABLE landing_role (
	source   VARCHAR NOT NULL,
	"table"  VARCHAR NOT NULL,
	"column" VARCHAR NOT NULL,     -- empty: the table as a whole
	role     VARCHAR NOT NULL       -- name (of a user), customer (a reference to one), watermark; of a table: User or Customer
);

-- Who was forgotten, so that no load brings them back.
CREATE TABLE forgotten (
	type VARCHAR NOT NULL,         -- User or Customer
	hash VARCHAR NOT NULL,         -- keyed hash of a name, id or number
	key  VARCHAR NOT NULL          -- id of the key
);

-- A row says that the file has blocks with what was removed, and has to be written anew.
CREATE TABLE rewrite (reason VARCHAR NOT NULL);

-- Events and objects whose landed rows were removed because of their age: the
-- mapping does not see them any more, and they stay as they are.
CREATE TABLE settled_event (event BIGINT NOT NULL);
CREATE TABLE settled_object (object BIGINT NOT NULL);
-- Those rows, so that they do not land again.
CREATE TABLE settled_row (
	source  VARCHAR NOT NULL,
	"table" VARCHAR NOT NULL,
	key     UHUGEINT NOT NULL      -- hash of the row's key
);
-- How far back rows and events are kept; one row, none where all are.
CREATE TABLE horizon (landing TIMESTAMPTZ, events TIMESTAMPTZ);
