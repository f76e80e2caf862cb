-- What did this load read, and what came of it?
INSERT INTO main.load (load, source, kind, origin, options, content, watermark, started_at, ended_at,
                       rows_in, rows_new, rows_known, rows_rejected, notes)
VALUES ($1, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9, $10, $11, $12, $13, nullif($14, 'null'))
