-- Which events does each object go through, in their declared order? One row an event of an object.
CREATE TEMP TABLE step (
	type   UINTEGER NOT NULL, -- place among the types, which are sorted
	object BIGINT NOT NULL,
	event  BIGINT NOT NULL,
	before BIGINT NOT NULL,   -- the object's event before; 0 at its first
	last   BOOLEAN NOT NULL   -- no event of the object comes after
)
