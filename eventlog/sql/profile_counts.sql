-- How sound are the times of each activity in each source?
-- Night is 22 to 5 o'clock on the reader's clock; day 0 of 1970 was a Thursday.
SELECT source, activity, count(*) AS events,
       count(*) FILTER (WHERE time_us IS NULL) AS missing,
       count(*) FILTER (WHERE time_us < {early} OR start_us < {early}) AS early,
       count(*) FILTER (WHERE late) AS late,
       count(*) FILTER (WHERE start_us > time_us) AS reversed,
       count(*) FILTER (WHERE time_us IS NULL OR time_us < {early} OR start_us < {early} OR late OR start_us > time_us) AS unsound,
       count(*) FILTER (WHERE time_us IS NOT NULL AND day) AS day,
       count(*) FILTER (WHERE NOT day AND time_us % 60000000 = 0) AS minute,
       count(*) FILTER (WHERE NOT day AND time_us % 1000000 = 0) AS second,
       count(*) FILTER (WHERE NOT day AND local_us IS NOT NULL) AS exact,
       count(*) FILTER (WHERE NOT day AND local_us // 3600000000 % 24 NOT BETWEEN 5 AND 21) AS night,
       count(*) FILTER (WHERE NOT day AND (local_us // 86400000000 + 3) % 7 >= 5) AS weekend,
       min(time_us) FILTER (WHERE local_us IS NOT NULL) AS first_us,
       max(time_us) FILTER (WHERE local_us IS NOT NULL) AS last_us
FROM p_event
GROUP BY source, activity
ORDER BY source, activity
