-- From when to when does the store tell?
-- first_at is the earliest event, last_at the latest event, first_day and last_day are those of the ledger. What is dated after the load
-- that brought it is a plan or a wrong clock, and does not count.
CREATE OR REPLACE VIEW o2c.horizon AS
SELECT (SELECT min(e.time) FROM main.event e) AS first_at,
       (SELECT max(e.time) FROM main.event e WHERE e.time <= coalesce((SELECT max(ended_at) FROM main.load), e.time)) AS last_at,
       (SELECT min(day) FROM (SELECT min(posting_date) AS day FROM o2c.receivable_entries UNION ALL SELECT min(applied_on) FROM o2c.applications)) AS first_day,
       (SELECT max(day) FROM (SELECT max(posting_date) AS day FROM o2c.receivable_entries UNION ALL SELECT max(applied_on) FROM o2c.applications)) AS last_day;
