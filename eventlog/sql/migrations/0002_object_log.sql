-- What does a store need to give an object-centric log (OCEL) back as it was written?

-- The object-centric logs that were imported. An object type of theirs is
-- <log>:<type> in table object, so that two logs never share an object.
CREATE TABLE object_log (source VARCHAR NOT NULL);

-- Their object types.
CREATE TABLE object_type (
	source  VARCHAR NOT NULL,
	type    VARCHAR NOT NULL,      -- as in object; <source>: alone where only references were seen, without a type
	name    VARCHAR NOT NULL,      -- as the log writes it
	"table" VARCHAR NOT NULL       -- objects."<table>" has the attributes: types may differ in case only
);

-- What such a log says of its objects' attributes, word by word. The latest
-- values in objects."<type>", and object_change, are derived from it.
CREATE TABLE object_value (
	object    BIGINT NOT NULL,
	attribute VARCHAR NOT NULL,
	time      TIMESTAMPTZ,         -- NULL: from the beginning
	kind      VARCHAR NOT NULL,    -- text, int, float, bool, time or nested
	value     VARCHAR NOT NULL,    -- in the text form of its kind
	sequence  BIGINT NOT NULL,     -- order of arrival within the source
	source    VARCHAR NOT NULL,
	load      INTEGER NOT NULL
);

-- Every log: those that were defined, and one a type of each object-centric log.
CREATE VIEW known_log AS
SELECT log, case_type, follow, items, lifecycle FROM main.log
UNION ALL
SELECT type, type, [], [], 'all' FROM main.object_type
WHERE name <> '' AND type NOT IN (SELECT log FROM main.log);

-- Which sources does a log depend on? An imported log on its own, a case
-- notion of an object-centric log on that, and any other case notion on all
-- sources that are neither.
CREATE VIEW log_source AS
WITH own AS (
	SELECT log AS type, log AS source FROM main.log WHERE log = case_type AND log IN (SELECT source FROM main.load)
	UNION ALL
	SELECT type, source FROM main.object_type
)
SELECT l.log, s.source
FROM main.known_log AS l, (SELECT DISTINCT source FROM main.load) AS s
WHERE CASE WHEN l.case_type IN (SELECT type FROM own) THEN s.source IN (SELECT o.source FROM own AS o WHERE o.type = l.case_type)
      ELSE s.source NOT IN (SELECT source FROM own) AND s.source NOT IN (SELECT source FROM main.object_log) END;
