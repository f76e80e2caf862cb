-- Which events does each object go through, in their declared order? One row an event of an object.
CREATE TEMP TABLE step (
	type     UINTEGER NOT NULL, -- place among the types, which are sorted
	object   BIGINT NOT NULL,
	event    BIGINT NOT NULL,
	activity UINTEGER NOT NULL, -- code in labels_activity
	before   BIGINT NOT NULL,   -- the object's event before; 0 at its first
	origin   UINTEGER NOT NULL, -- activity of that
	wait_us  BIGINT NOT NULL,   -- from that one's end to this one's start; -9223372036854775808 where a time is missing
	last     BOOLEAN NOT NULL   -- no event of the object comes after
)
