-- What do SAP's words mean? How dates, times, numbers and document numbers are
-- read, whoever wrote them: the database, a report, a released API.

CREATE MACRO txt(x) AS nullif(trim(x), '');
CREATE MACRO flag(x) AS coalesce(upper(trim(x)) IN ('X', 'TRUE', '1', 'T'), FALSE);

-- 0000740506 and 740506 are one document, 000010 and 10 one line; SAP pads
-- what is all digits, and initial is none.
CREATE MACRO id_of(x) AS CASE WHEN regexp_full_match(trim(x), '[0-9]+') THEN nullif(ltrim(trim(x), '0'), '') ELSE nullif(trim(x), '') END;

-- 20250402, 2025-04-02, 2025-04-02T00:00:00.000Z, /Date(1743552000000)/, 02.04.2025
CREATE MACRO day_of(x) AS CASE
	WHEN x IS NULL OR trim(x) IN ('', '0', '00000000', '0000-00-00', '00.00.0000') THEN NULL
	WHEN x LIKE '/Date(%' THEN CAST(epoch_ms(TRY_CAST(regexp_extract(x, '-?[0-9]+') AS BIGINT)) AS DATE)
	WHEN regexp_full_match(trim(x), '[0-9]{8}') THEN CAST(try_strptime(trim(x), '%Y%m%d') AS DATE)
	WHEN regexp_full_match(trim(x), '[0-9]{2}\.[0-9]{2}\.[0-9]{4}') THEN CAST(try_strptime(trim(x), '%d.%m.%Y') AS DATE)
	ELSE TRY_CAST(left(trim(x), 10) AS DATE) END;

-- 120304, 12:03:04, PT12H03M04S, {"hours": 12, "minutes": 3, "seconds": 4}: as HHMMSS.
-- Midnight is SAP's initial time: not known.
CREATE MACRO two(x) AS lpad(coalesce(nullif(x, ''), '0'), 2, '0');
CREATE MACRO clock_of(x) AS nullif(CASE
	WHEN x LIKE 'PT%' THEN two(regexp_extract(x, '([0-9]+)H', 1)) || two(regexp_extract(x, '([0-9]+)M', 1)) || two(regexp_extract(x, '([0-9]+)([.][0-9]+)?S', 1))
	WHEN x LIKE '{%' THEN two(regexp_extract(x, '"hours"[^0-9]*([0-9]+)', 1)) || two(regexp_extract(x, '"minutes"[^0-9]*([0-9]+)', 1)) || two(regexp_extract(x, '"seconds"[^0-9]*([0-9]+)', 1))
	WHEN regexp_full_match(trim(x), '[0-9]{1,6}') THEN lpad(trim(x), 6, '0')
	WHEN regexp_matches(trim(x), '^[0-9]{2}:[0-9]{2}:[0-9]{2}') THEN replace(left(trim(x), 8), ':', '') END, '000000');

-- A day without a time is known to the day only, and sorted by its place in the process.
CREATE MACRO precision_of(t) AS CASE WHEN clock_of(t) IS NULL THEN 'day' ELSE 'exact' END;
CREATE MACRO seconds_of(t) AS coalesce(CAST(clock_of(t)[1:2] AS BIGINT) * 3600 + CAST(clock_of(t)[3:4] AS BIGINT) * 60 + CAST(clock_of(t)[5:6] AS BIGINT), 0);
-- Documents have the time of the server, which is the source's zone.
CREATE MACRO time_of(d, t) AS (CAST(day_of(d) AS TIMESTAMP) + to_seconds(seconds_of(t))) AT TIME ZONE source_zone();
CREATE MACRO day_time(d) AS CAST(d AS TIMESTAMP) AT TIME ZONE source_zone();
CREATE MACRO day_at(t) AS CAST(t AT TIME ZONE source_zone() AS DATE);
-- Time stamps are UTC: 20260201101500, 20260201101500.1234567, 2026-02-01T10:15:00Z, /Date(…)/
CREATE MACRO utc_of(x) AS CASE
	WHEN x LIKE '/Date(%' THEN epoch_ms(TRY_CAST(regexp_extract(x, '-?[0-9]+') AS BIGINT)) AT TIME ZONE 'UTC'
	WHEN regexp_matches(trim(x), '^[12][0-9]{13}') THEN try_strptime(left(trim(x), 14), '%Y%m%d%H%M%S') AT TIME ZONE 'UTC'
	WHEN regexp_matches(trim(x), '^[12][0-9]{3}-') THEN CAST(TRY_CAST(left(replace(trim(x), 'T', ' '), 19) AS TIMESTAMP) AS TIMESTAMP) AT TIME ZONE 'UTC' END;

-- 1234.50, 1.234,50 (a report in a German user's format), '   5.000', 5.000-
CREATE MACRO number_text(x) AS CASE
	WHEN x LIKE '%,%' AND x LIKE '%.%' AND strpos(x, ',') < strpos(x, '.') THEN replace(x, ',', '')
	WHEN x LIKE '%,%' THEN replace(replace(x, '.', ''), ',', '.') ELSE x END;
CREATE MACRO number_of(x) AS TRY_CAST(CASE WHEN trim(x) LIKE '%-' THEN '-' || trim(rtrim(trim(number_text(x)), '-')) ELSE trim(number_text(x)) END AS DECIMAL(28,6));
-- without needless zeros, for the old and new values of changes
CREATE MACRO plain(n) AS regexp_replace(CAST(n AS VARCHAR), '[.]?0+$', '');

-- Amounts of currencies without two decimals are stored shifted: JPY 1000 as 10.00.
CREATE TEMP TABLE shift AS
SELECT upper(trim(currkey)) AS currency,
       CASE TRY_CAST(trim(currdec) AS INTEGER) WHEN 0 THEN 100 WHEN 1 THEN 10 WHEN 3 THEN 0.1 WHEN 4 THEN 0.01 WHEN 5 THEN 0.001 ELSE 1 END::DECIMAL(9,3) AS factor
FROM TCURX;

-- Who is who? SAP knows the type of a user, not what a program behind a dialog
-- user is, nor what a system user is for: change these patterns, not the code below.
CREATE TEMP TABLE actor AS
SELECT upper(trim(bname)) AS name,
       CASE WHEN regexp_matches(bname, '(^|[._-])(RPA|BOT|ROBOT)([._0-9-]|$)', 'i') THEN 'bot'
            WHEN trim(ustyp) = 'A' THEN 'human'
            WHEN trim(ustyp) IN ('C', 'S') THEN 'interface'
            WHEN trim(ustyp) = 'B' AND regexp_matches(bname, '(EDI|IDOC|ALE|RFC|API|CPI|SHOP|WEB)', 'i') THEN 'interface'
            WHEN trim(ustyp) = 'B' THEN 'scheduler'
            ELSE 'unknown' END AS kind
FROM USR02;

-- Net days of terms of payment: the last that is set.
CREATE TEMP TABLE terms AS
SELECT trim(zterm) AS zterm, max(coalesce(nullif(number_of(ztag3), 0), nullif(number_of(ztag2), 0), number_of(ztag1)))::BIGINT AS days FROM T052 GROUP BY ALL;
