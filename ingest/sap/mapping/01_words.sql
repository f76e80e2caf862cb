-- What do SAP's words mean? How dates, times, numbers and document numbers are
-- read, whoever wrote them: the database, a report, a released API.

CREATE MACRO txt(x) AS nullif(trim(x), '');
CREATE MACRO flag(x) AS coalesce(upper(trim(x)) IN ('X', 'TRUE', '1', 'T'), FALSE);

-- 0000740506 and 740506 are one document, 000010 and 10 one line; SAP pads
-- what is all digits, and initial is none. No regular expressions here and
-- below: these run for every row of every table.
CREATE MACRO id_of(x) AS CASE WHEN trim(x, '0123456789 ') = '' THEN nullif(ltrim(trim(x), '0'), '') ELSE nullif(trim(x), '') END;

-- 20250402, 2025-04-02, 2025-04-02T00:00:00.000Z, /Date(1743552000000)/, 02.04.2025
CREATE MACRO day_of(x) AS CASE
	WHEN length(trim(x)) = 8 THEN CAST(try_strptime(trim(x), '%Y%m%d') AS DATE)
	WHEN x LIKE '/Date(%' THEN CAST(epoch_ms(TRY_CAST(regexp_extract(x, '-?[0-9]+') AS BIGINT)) AS DATE)
	WHEN trim(x) LIKE '__.__.____' THEN CAST(try_strptime(trim(x), '%d.%m.%Y') AS DATE)
	ELSE TRY_CAST(left(trim(x), 10) AS DATE) END;

-- 120304, 12:03:04, PT12H03M04S, {"hours": 12, "minutes": 3, "seconds": 4}: in
-- seconds. Midnight is SAP's initial time: not known.
CREATE MACRO part_of(x, pattern) AS coalesce(TRY_CAST(regexp_extract(x, pattern, 1) AS BIGINT), 0);
CREATE MACRO clock_of(x) AS nullif(CASE
	WHEN length(trim(x)) BETWEEN 1 AND 6 THEN date_diff('second', TIMESTAMP '1900-01-01', try_strptime(lpad(trim(x), 6, '0'), '%H%M%S'))
	WHEN x LIKE 'PT%' THEN part_of(x, '([0-9]+)H') * 3600 + part_of(x, '([0-9]+)M') * 60 + part_of(x, '([0-9]+)([.][0-9]+)?S')
	WHEN x LIKE '{%' THEN part_of(x, '"hours"[^0-9]*([0-9]+)') * 3600 + part_of(x, '"minutes"[^0-9]*([0-9]+)') * 60 + part_of(x, '"seconds"[^0-9]*([0-9]+)')
	ELSE date_diff('second', TIMESTAMP '1900-01-01', try_strptime(left(trim(x), 8), '%H:%M:%S')) END, 0);

-- A day without a time is known to the day only, and sorted by its place in the process.
CREATE MACRO precision_of(t) AS CASE WHEN clock_of(t) IS NULL THEN 'day' ELSE 'exact' END;
-- Documents have the time of the server, which is the source's zone.
CREATE MACRO time_of(d, t) AS (CAST(day_of(d) AS TIMESTAMP) + to_seconds(coalesce(clock_of(t), 0))) AT TIME ZONE source_zone();
CREATE MACRO day_time(d) AS CAST(d AS TIMESTAMP) AT TIME ZONE source_zone();
CREATE MACRO day_at(t) AS CAST(t AT TIME ZONE source_zone() AS DATE);
-- Time stamps are UTC: 20260201101500, 20260201101500.1234567, 2026-02-01T10:15:00Z, /Date(…)/
CREATE MACRO utc_of(x) AS CASE
	WHEN x LIKE '/Date(%' THEN epoch_ms(TRY_CAST(regexp_extract(x, '-?[0-9]+') AS BIGINT)) AT TIME ZONE 'UTC'
	WHEN regexp_matches(trim(x), '^[12][0-9]{13}') THEN try_strptime(left(trim(x), 14), '%Y%m%d%H%M%S') AT TIME ZONE 'UTC'
	WHEN regexp_matches(trim(x), '^[12][0-9]{3}-') THEN CAST(TRY_CAST(left(replace(trim(x), 'T', ' '), 19) AS TIMESTAMP) AS TIMESTAMP) AT TIME ZONE 'UTC' END;

-- 1234.50 and '   5.000' as they are; 5.000-, and 1.234,50 and 1,234.50 of reports
CREATE MACRO decimal_text(x) AS CASE
	WHEN x LIKE '%,%.%' THEN replace(x, ',', '')
	WHEN x LIKE '%,%' THEN replace(replace(x, '.', ''), ',', '.') ELSE x END;
CREATE MACRO signed_text(x) AS CASE WHEN trim(x) LIKE '%-' THEN '-' ELSE '' END || trim(rtrim(trim(decimal_text(x)), '-'));
-- DuckDB reads a text as DECIMAL(28,6) two hundred times slower than as DECIMAL(18,6).
CREATE MACRO number_of(x) AS coalesce(TRY_CAST(x AS DECIMAL(18,6)), TRY_CAST(signed_text(x) AS DECIMAL(18,6)), TRY_CAST(signed_text(x) AS DECIMAL(28,6)));
-- without needless zeros, for the old and new values of changes
CREATE MACRO plain(n) AS regexp_replace(CAST(n AS VARCHAR), '[.]?0+$', '');

-- Amounts of currencies without two decimals are stored shifted: JPY 1000 as 10.00.
CREATE TEMP TABLE shift AS
SELECT upper(trim(currkey)) AS currency,
       CASE TRY_CAST(trim(currdec) AS INTEGER) WHEN 0 THEN 100 WHEN 1 THEN 10 WHEN 3 THEN 0.1 WHEN 4 THEN 0.01 WHEN 5 THEN 0.001 ELSE 1 END::DECIMAL(9,3) AS factor
FROM TCURX;

-- A user has one name, whoever wrote it; a pseudonym is as it is.
CREATE MACRO user_of(x) AS CASE WHEN contains(x, '~') THEN x ELSE upper(nullif(trim(x), '')) END;

-- Who is who? SAP knows the type of a user, not what a program behind a dialog
-- user is, nor what a system user is for: their names say, see actors in sap.go.
CREATE TEMP TABLE actor AS
SELECT user_of(bname) AS name,
       CASE WHEN name_kind(bname) = 'bot' THEN 'bot'
            WHEN trim(ustyp) = 'A' THEN 'human'
            WHEN trim(ustyp) IN ('C', 'S') THEN 'interface'
            WHEN trim(ustyp) = 'B' AND name_kind(bname) = 'interface' THEN 'interface'
            WHEN trim(ustyp) = 'B' THEN 'scheduler'
            ELSE 'unknown' END AS kind
FROM USR02;

-- Net days of terms of payment: the last that is set.
CREATE TEMP TABLE terms AS
SELECT trim(zterm) AS zterm, max(coalesce(nullif(number_of(ztag3), 0), nullif(number_of(ztag2), 0), number_of(ztag1)))::BIGINT AS days FROM T052 GROUP BY ALL;
